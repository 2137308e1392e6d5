// Evaluates paired differences by ranks: size of the effect, its bounds, and its probability by
// chance. Ranks, because times on a shared machine have heavy tails that distort a mean.
#pragma once

#include <cstdint>
#include <span>

namespace kernelgate::compare {

/// P(W >= w) of Wilcoxon's signed-rank sum W over n pairs whose differences are symmetric around 0.
/// Exact up to 100 pairs, the normal distribution with continuity correction above.
double signed_rank_tail(std::int64_t n, std::int64_t w);

/// Combined effect of n differences.
struct PairedEffect {
  std::int64_t pairs = 0;
  double estimate = 0;              // Hodges and Lehmann: the median of all Walsh averages
  double lower = 0, upper = 0;      // interval of the given confidence; infinite for too few pairs
  double p_above = 1, p_below = 1;  // one-sided p-values of an effect above 0, and below 0
};

/// The interval contains the Walsh averages that the signed-rank test does not reject, so that
/// `lower > 0` and `p_above <= (1 - confidence) / 2` are equivalent. Ties make both more
/// conservative. Without pairs, the estimate is 0 between infinite bounds.
PairedEffect paired_effect(std::span<const double> differences, double confidence);

/// Student's interval of a bootstrap drawn with the seed: a cross-check of the rank interval that
/// decides nothing. Infinite for fewer than 4 differences.
struct Interval {
  double lower = 0, upper = 0;
};
Interval bootstrap_interval(std::span<const double> differences, double confidence,
                            std::uint64_t seed);

}  // namespace kernelgate::compare
