// The four answers to "is the candidate slower?", when to stop asking, and how many cases may be
// asked at once. docs/verdicts.md, section 4, has the reasons and the error rates.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "harness/compare/signed_rank.hpp"

namespace kernelgate::compare {

enum class Answer {
  slower,       // the interval lies above 0, the effect above half of the margin
  same,         // the interval lies inside of the margin
  faster,       // the mirror image of slower
  cannot_tell,  // none of these, at today's noise
};
constexpr std::string_view name(Answer answer) {
  constexpr std::string_view names[] = {"slower", "same", "faster", "cannot_tell"};
  return names[static_cast<int>(answer)];
}

/// How a comparison asks. Differences are ln(candidate / baseline) of one round each.
struct Rules {
  double margin = 0.02;       // an effect that matters: ln(1.02) is taken as 0.02 (off by 0.0002)
  double confidence = 0.99;   // of the interval at each look
  double false_share = 0.05;  // of wrong answers among those called slower (and among faster)
  std::int64_t cases = 1;     // that are compared together
  std::int64_t first_look = 10, look_every = 5, last_look = 60;  // in rounds
};

/// What the interval says by itself, one case alone.
Answer answer_of(const PairedEffect& effect, double margin);

/// The one-sided chance at which a look before the last may end a case as slower or faster. Half of
/// false_share / cases is spent on these looks together, half on the last. Ten looks at one series
/// see the chance p more often than p, at most 5.4 p in 2 million series of pure noise (the rank
/// test's frequency does not depend on how the noise is distributed); 6 is used.
double early_level(const Rules& rules);

/// One case after its last round.
struct Ended {
  Answer answer = Answer::cannot_tell;
  PairedEffect effect;
  double p_slower = 1, p_faster = 1;  // corrected for every look at the series
};

/// Whether a series may end here: it is at a look, and is the same, or slower or faster beyond the
/// early level, or at the last look. `ended` is filled when it may.
bool may_end(std::span<const double> differences, const Rules& rules, Ended& ended);

/// Ends a series that the clock stopped, wherever it is: judged as at the last look.
Ended end_now(std::span<const double> differences, const Rules& rules);

/// Benjamini and Hochberg over all cases at once: which of the chances may be called findings so
/// that at most the given share of them is expected to be wrong.
std::vector<bool> findings(std::span<const double> p, double false_share);

/// The answers after this correction: what is no finding among all cases becomes cannot_tell.
std::vector<Answer> correct_for_many(std::span<const Ended> cases, const Rules& rules);

/// The slowdown that a comparison of `rounds` rounds finds four times in five, from the interval of
/// one code against itself in the same job; never below half of the margin. Infinite without one.
double smallest_visible(const PairedEffect& same_code, const Rules& rules, std::int64_t rounds);

/// Rounds after which an effect of this size would leave the interval, at this effect's noise.
std::int64_t rounds_needed(const PairedEffect& effect, double size);

}  // namespace kernelgate::compare
