// What a run of RSA is asked to do, refused in words where it makes no sense, and the bounds that
// follow from it (spec 8.1).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "reference/rsa/engine.hpp"

namespace kernelgate::rsa {

// Limits far beyond any use, and small enough that no bound overflows: N C tau <= 2^16 2^16 2^24.
inline constexpr std::int64_t most_rollouts = std::int64_t{1} << 16;
inline constexpr std::int64_t most_tokens = std::int64_t{1} << 24;
inline constexpr std::int64_t most_rounds = std::int64_t{1} << 20;

/// How one answer comes out of the final rollouts.
enum class Selection {
  none,      // all of them count: the score is their mean
  majority,  // of the last balanced \boxed{}; a tie goes to the lowest rollout
  msgl,      // the same where two rollouts have one; otherwise one more, cooler rollout
};

struct Settings {
  std::int64_t population = 16;  // N: rollouts of a round
  std::int64_t tails = 4;        // C: tails in a prompt
  std::int64_t rounds = 2;       // T: aggregation rounds after round 0, so T + 1 in all
  std::int64_t beta = 0;         // reasoning tokens of a rollout
  std::int64_t beta_final = 0;   // all tokens of a rollout of the last round, its answer included
  std::int64_t tau = 0;          // tokens of a tail
  std::int64_t answer = 0;       // of beta_final, kept for a forced answer and its marker
  std::uint64_t seed = 0;
  Sampling sampling;
  std::vector<std::int32_t> eos;  // each of them ends a rollout
  std::optional<std::int32_t> end_of_think;
  Selection selection = Selection::none;
};

/// An answer's part of the last budget where nothing else is asked: a quarter, at least 2.
std::int64_t default_answer(std::int64_t beta_final);

/// Throws BadInput naming the option, what was expected and what was given.
void validate(const Settings& settings, std::int64_t vocab_size);

/// What a rollout may generate. The prompt is not in it; a marker that is put in is.
struct Budget {
  std::int64_t reasoning = 0;  // cut there
  std::int64_t tokens = 0;     // in all; more than `reasoning`: an answer is forced at the cut
  bool operator==(const Budget&) const = default;
};
Budget budget_of(const Settings& settings, std::int64_t round);

/// Largest numbers that a run of these settings can reach, whatever T is. `template_tokens`: of the
/// longest prompt without its query and tails.
struct Bounds {
  std::int64_t prompt_tokens = 0;  // |x| + C tau + template
  std::int64_t cached_tokens = 0;  // N (that + max(beta, beta_final)), fixed state apart
};
Bounds bounds_of(const Settings& settings, std::int64_t query_tokens, std::int64_t template_tokens);

}  // namespace kernelgate::rsa
