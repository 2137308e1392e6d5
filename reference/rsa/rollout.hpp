// One rollout: what is asked of it, what comes back, and who makes it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/timed_span.hpp"
#include "reference/rsa/settings.hpp"

namespace kernelgate::rsa {

struct Request {
  std::int64_t round = 0, rollout = 0;
  std::vector<std::int32_t> prompt;
  Budget budget;
  Sampling sampling;
};

/// Why a rollout ended.
enum class Finish {
  eos,           // by itself
  end_of_think,  // its reasoning is over, and no answer was asked for
  budget,        // out of tokens
  failed,        // it is dropped; `failure` says why
};
std::string_view name(Finish finish);

struct Rollout {
  std::vector<std::int32_t> tokens;  // all generated: reasoning, marker, answer, eos
  std::int64_t reasoning = 0;        // tokens before the end-of-think id, the eos or the cut
  Finish finish = Finish::budget;
  bool forced = false;    // the marker was put in at the cut
  std::int64_t thin = 0;  // tokens that rounding could have drawn otherwise
  std::string failure;    // in words

  std::span<const std::int32_t> reasoning_tokens() const {
    return std::span(tokens).first(static_cast<std::size_t>(reasoning));
  }
};

/// The last `tau` tokens of the reasoning; all of it where it is shorter. Token ids define a tail,
/// never characters.
std::vector<std::int32_t> tail_of(const Rollout& rollout, std::int64_t tau);

/// What one call of generate() took.
struct GenerationCost {
  std::int64_t prompt_tokens = 0;     // fed before the first draw
  std::int64_t generated_tokens = 0;  // drawn or put in
  std::int64_t steps = 0;             // batches of one token a rollout
  std::int64_t peak_cached_tokens = 0;
  std::vector<TimedSpan> prefills = {};  // one per prompt
  std::vector<TimedSpan> draws = {};     // of the next tokens of all rollouts, one per step
  std::vector<TimedSpan> decodes = {};   // one per step
};

/// Makes the rollouts of a round. `done` gets each one's place in `requests`, in whatever order
/// they end.
class Generator {
 public:
  using Done = std::function<void(std::size_t, Rollout)>;

  virtual ~Generator() = default;
  virtual void generate(std::span<const Request> requests, const Done& done) = 0;
  /// Of the last call.
  virtual GenerationCost cost() const = 0;
};

}  // namespace kernelgate::rsa
