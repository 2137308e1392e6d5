// What generates: sequences in slots, fed and stepped as one batch, one token drawn a row. The loop
// of RSA knows a model by this alone, so that it runs on the scalar model and on kernels alike.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace kernelgate::rsa {

/// The steps of spec 7.1 that a request may ask for. Defaults: softmax at temperature 1.
struct Sampling {
  double temperature = 1;  // below 1e-5: greedy
  double min_p = 0;        // 0: off
  double top_p = 1;        // 1: off
  std::int64_t top_k = 0;  // 0: off
  std::int64_t valid = 0;  // ids from here on are padding and never drawn (spec 1.4); 0: none
  bool operator==(const Sampling&) const = default;
};

/// One draw. Its randomness is a function of (seed; token index, position, rollout, round) and of
/// nothing else: neither of the slot nor of what else is in the batch.
struct SampleRequest {
  std::int64_t slot = 0;
  Sampling sampling;
  std::uint64_t seed = 0;
  std::uint32_t position = 0, rollout = 0, round = 0;
};

struct SampledToken {
  std::int32_t token = -1;  // -1: nothing was allowed (every logit masked, or not a number)
  double probability = 0;   // after the filters; greedy: 1
  bool thin = false;        // rounding could have drawn another token
};

struct SlotToken {
  std::int64_t slot = 0;
  std::int32_t token = 0;
};

/// Bad slots and ids throw BadInput, with every state as it was.
class SequenceEngine {
 public:
  virtual ~SequenceEngine() = default;

  virtual std::int64_t vocab_size() const = 0;
  virtual std::int64_t slots() const = 0;
  /// Most tokens that one slot can hold; 0: no limit of its own.
  virtual std::int64_t capacity() const = 0;

  /// Empties a slot: cache, convolution and lag state alike, as if it had never been used.
  virtual void reset(std::int64_t slot) = 0;
  /// Adds tokens to one slot, a prompt or a further piece of it; at least one.
  virtual void feed(std::int64_t slot, std::span<const std::int32_t> ids) = 0;
  /// Adds one token to each of the slots named, as one batch; no slot twice.
  virtual void step(std::span<const SlotToken> tokens) = 0;

  /// Of the slot's last token, as f32 (spec 7.1, step 1); valid until the slot is used again.
  virtual std::span<const float> logits(std::int64_t slot) = 0;
  /// One draw a request from the logits of its slot; `out` is as long as `requests`.
  virtual void sample(std::span<const SampleRequest> requests, std::span<SampledToken> out) = 0;

  /// Tokens whose keys and values a slot holds.
  virtual std::int64_t cached_tokens(std::int64_t slot) const = 0;
  /// Keys and values of one token, over all blocks.
  virtual std::int64_t cache_bytes_per_token() const = 0;
  /// What the slots hold whatever their length: convolution and lag state of all of them.
  virtual std::int64_t fixed_state_bytes() const = 0;
  /// "reference, precision f32": for reports.
  virtual std::string in_words() const = 0;
};

}  // namespace kernelgate::rsa
