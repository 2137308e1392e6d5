// Interface of an RSA generation engine: sequences in slots, fed and stepped as one batch, one
// token drawn per row. The RSA loop depends only on this interface, so it runs on the scalar model
// and on kernels.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace kernelgate::rsa {

/// Sampling parameters of spec 7.1. Defaults: softmax at temperature 1.
struct Sampling {
  double temperature = 1;  // below 1e-5: greedy
  double min_p = 0;        // 0: off
  double top_p = 1;        // 1: off
  std::int64_t top_k = 0;  // 0: off
  std::int64_t valid = 0;  // ids from here on are padding and never drawn (spec 1.4); 0: no padding
  bool operator==(const Sampling&) const = default;
};

/// One draw. Its randomness depends only on (seed; token index, position, rollout, round), not on
/// the slot or the rest of the batch.
struct SampleRequest {
  std::int64_t slot = 0;
  Sampling sampling;
  std::uint64_t seed = 0;
  std::uint32_t position = 0, rollout = 0, round = 0;
};

struct SampledToken {
  std::int32_t token = -1;  // -1: no id was allowed (every logit masked, or not a number)
  double probability = 0;   // after the filters; greedy: 1
  bool thin = false;        // rounding could have drawn another token
};

struct SlotToken {
  std::int64_t slot = 0;
  std::int32_t token = 0;
};

/// Invalid slots and ids throw BadInput and leave every state unchanged.
class SequenceEngine {
 public:
  virtual ~SequenceEngine() = default;

  virtual std::int64_t vocab_size() const = 0;
  virtual std::int64_t slots() const = 0;
  /// Maximum tokens per slot; 0: unlimited.
  virtual std::int64_t capacity() const = 0;

  /// Empties a slot's cache, convolution and lag state, as if it had never been used.
  virtual void reset(std::int64_t slot) = 0;
  /// Appends tokens to one slot: a prompt or a further part of it; at least one token.
  virtual void feed(std::int64_t slot, std::span<const std::int32_t> ids) = 0;
  /// Appends one token to each of the given slots as one batch; slots must be distinct.
  virtual void step(std::span<const SlotToken> tokens) = 0;

  /// Logits of the slot's last token, as f32 (spec 7.1, step 1); valid until the slot's next use.
  virtual std::span<const float> logits(std::int64_t slot) = 0;
  /// One draw per request from the logits of its slot; `out` has the length of `requests`.
  virtual void sample(std::span<const SampleRequest> requests, std::span<SampledToken> out) = 0;

  /// Tokens whose keys and values are cached in a slot.
  virtual std::int64_t cached_tokens(std::int64_t slot) const = 0;
  /// Bytes of keys and values per token, over all blocks.
  virtual std::int64_t cache_bytes_per_token() const = 0;
  /// Bytes of all slots that do not depend on their length: convolution and lag state.
  virtual std::int64_t fixed_state_bytes() const = 0;
  /// Description for reports: "reference, precision f32".
  virtual std::string describe() const = 0;
};

}  // namespace kernelgate::rsa
