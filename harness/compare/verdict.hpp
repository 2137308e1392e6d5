// Decides whether a candidate is slower: the four answers, when to stop, and the correction for
// many cases. docs/verdicts.md, section 4, has the reasons and the error rates.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "harness/compare/signed_rank.hpp"

namespace kernelgate::compare {

enum class Answer {
  slower,       // the interval is above 0, the effect above half of the margin
  same,         // the interval is within the margin
  faster,       // the mirror image of slower
  cannot_tell,  // none of these, at the current noise
};
constexpr std::string_view name(Answer answer) {
  constexpr std::string_view names[] = {"slower", "same", "faster", "cannot_tell"};
  return names[static_cast<int>(answer)];
}

/// Parameters of a comparison. Differences are ln(candidate / baseline), one per round.
struct Rules {
  double margin = 0.02;       // an effect that matters: ln(1.02) is taken as 0.02 (off by 0.0002)
  double confidence = 0.99;   // of the interval at each look
  double false_share = 0.05;  // of wrong answers among those called slower (and among faster)
  std::int64_t cases = 1;     // that are compared together
  std::int64_t first_look = 10, look_every = 5, last_look = 60;  // in rounds
};

/// The answer of one case from its interval alone.
Answer answer_of(const PairedEffect& effect, double margin);

/// The one-sided p-value at which a look before the last may end a case as slower or faster. Half
/// of false_share / cases is spent on these looks together, half on the last. Over ten looks at one
/// series, a p-value of p or less is seen more often than p: at most 5.4 p in 2 million series of
/// pure noise (the rank test's frequency does not depend on the distribution of the noise). 6 is
/// used.
double early_level(const Rules& rules);

/// Result of one case after its last round.
struct Ended {
  Answer answer = Answer::cannot_tell;
  PairedEffect effect;
  double p_slower = 1, p_faster = 1;  // corrected for every look at the series
};

/// Whether a series may end here: at the last look, or at an earlier look if it is the same, or
/// slower or faster beyond the early level. Sets `ended` if it may.
bool may_end(std::span<const double> differences, const Rules& rules, Ended& ended);

/// Ends a series that ran out of time, judged as at the last look.
Ended end_now(std::span<const double> differences, const Rules& rules);

/// Benjamini-Hochberg procedure over all cases: marks the p-values that count as findings, so that
/// the expected share of wrong ones is at most `false_share`.
std::vector<bool> findings(std::span<const double> p, double false_share);

/// The answers after this correction: slower or faster cases that are not findings become
/// cannot_tell.
std::vector<Answer> correct_for_many(std::span<const Ended> cases, const Rules& rules);

/// The slowdown that a comparison of `rounds` rounds detects four times in five, from the interval
/// of equal code in the same job. At least half of the margin; infinite without an interval.
double smallest_visible(const PairedEffect& same_code, const Rules& rules, std::int64_t rounds);

/// Rounds after which the interval would exclude an effect of this size, at the noise of `effect`.
std::int64_t rounds_needed(const PairedEffect& effect, double size);

}  // namespace kernelgate::compare
