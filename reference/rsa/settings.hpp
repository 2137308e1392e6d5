// Settings of an RSA run, their validation, and the bounds that follow from them (spec 8.1).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "reference/rsa/engine.hpp"

namespace kernelgate::rsa {

// Limits far beyond practical use, and small enough that no bound overflows: N C tau <= 2^16 2^16
// 2^24.
inline constexpr std::int64_t max_rollouts = std::int64_t{1} << 16;
inline constexpr std::int64_t max_tokens = std::int64_t{1} << 24;
inline constexpr std::int64_t max_rounds = std::int64_t{1} << 20;

/// How one answer is selected from the final rollouts.
enum class Selection {
  none,      // no selection: the score is the mean over all rollouts
  majority,  // vote on the last balanced \boxed{}; a tie goes to the lowest rollout
  msgl,      // the same if two rollouts have one; otherwise one more rollout at a lower temperature
};

struct Settings {
  std::int64_t population = 16;  // N: rollouts per round
  std::int64_t tails = 4;        // C: tails per prompt
  std::int64_t rounds = 2;       // T: aggregation rounds after round 0, so T + 1 in all
  std::int64_t beta = 0;         // reasoning tokens per rollout
  std::int64_t beta_final = 0;   // all tokens of a rollout in the last round, including its answer
  std::int64_t tau = 0;          // tokens per tail
  std::int64_t answer = 0;       // part of beta_final reserved for a forced answer and its marker
  std::uint64_t seed = 0;
  Sampling sampling;
  std::vector<std::int32_t> eos;  // each of these ids ends a rollout
  std::optional<std::int32_t> end_of_think;
  Selection selection = Selection::none;
};

/// Default part of the last round's token limit for an answer: a quarter, at least 2.
std::int64_t default_answer(std::int64_t beta_final);

/// Throws BadInput naming the option, and the expected and the given value.
void validate(const Settings& settings, std::int64_t vocab_size);

/// Token limits of a rollout. The prompt does not count; an inserted marker does.
struct Budget {
  std::int64_t reasoning = 0;  // reasoning is cut at this length
  std::int64_t tokens = 0;     // total; if more than `reasoning`, an answer is forced at the cut
  bool operator==(const Budget&) const = default;
};
Budget budget_of(const Settings& settings, std::int64_t round);

/// Upper bounds for a run with these settings, independent of T. `template_tokens`: tokens of the
/// longest prompt without its query and tails.
struct Bounds {
  std::int64_t prompt_tokens = 0;  // |x| + C tau + template
  std::int64_t cached_tokens = 0;  // N (that + max(beta, beta_final)), without the fixed state
};
Bounds bounds_of(const Settings& settings, std::int64_t query_tokens, std::int64_t template_tokens);

}  // namespace kernelgate::rsa
