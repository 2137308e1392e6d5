// Rollouts: the request, the result, and the generator interface.
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
  eos,           // the model generated an eos id
  end_of_think,  // the reasoning ended, and no answer was requested
  budget,        // reached its token limit
  failed,        // dropped; `failure` gives the reason
};
std::string_view name(Finish finish);

struct Rollout {
  std::vector<std::int32_t> tokens;  // all generated tokens: reasoning, marker, answer, eos
  std::int64_t reasoning = 0;        // tokens before the end-of-think id, the eos or the cut
  Finish finish = Finish::budget;
  bool forced = false;    // the marker was inserted at the cut
  std::int64_t thin = 0;  // tokens for which rounding could have drawn another
  std::string failure;    // as text

  std::span<const std::int32_t> reasoning_tokens() const {
    return std::span(tokens).first(static_cast<std::size_t>(reasoning));
  }
};

/// The last `tau` tokens of the reasoning, or all of it if it is shorter. A tail is defined by
/// token ids, never by characters.
std::vector<std::int32_t> tail_of(const Rollout& rollout, std::int64_t tau);

/// Cost of one call of generate().
struct GenerationCost {
  std::int64_t prompt_tokens = 0;     // fed before the first draw
  std::int64_t generated_tokens = 0;  // drawn or inserted
  std::int64_t steps = 0;             // batches of one token per rollout
  std::int64_t peak_cached_tokens = 0;
  std::vector<TimedSpan> prefills = {};  // one per prompt
  std::vector<TimedSpan> draws = {};     // drawing the next tokens of all rollouts; one per step
  std::vector<TimedSpan> decodes = {};   // one per step
};

/// Generates the rollouts of a round. `done` receives each rollout with its index in `requests`, in
/// order of completion.
class Generator {
 public:
  using Done = std::function<void(std::size_t, Rollout)>;

  virtual ~Generator() = default;
  virtual void generate(std::span<const Request> requests, const Done& done) = 0;
  /// Cost of the last call.
  virtual GenerationCost cost() const = 0;
};

}  // namespace kernelgate::rsa
