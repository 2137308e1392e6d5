// Paired differences judged by ranks: how large is the effect, between which bounds, how likely is
// it by chance. Ranks, because the times of a shared machine have heavy tails that carry a mean
// away.
#pragma once

#include <cstdint>
#include <span>

namespace kernelgate::compare {

/// P(W >= w) of Wilcoxon's signed-rank sum W over n pairs whose differences are symmetric around 0.
/// Exact up to 100 pairs, the normal distribution with continuity correction above.
double signed_rank_tail(std::int64_t n, std::int64_t w);

/// What n differences say together.
struct PairedEffect {
  std::int64_t pairs = 0;
  double estimate = 0;              // Hodges and Lehmann: the median of all Walsh averages
  double lower = 0, upper = 0;      // interval of the given confidence; infinite for too few pairs
  double p_above = 1, p_below = 1;  // by chance so far above 0, so far below it; one-sided
};

/// The interval holds the Walsh averages that the signed-rank test does not refuse, so that
/// `lower > 0` and `p_above <= (1 - confidence) / 2` are the same statement. Ties make both
/// wider, never narrower. No pairs: an estimate of 0 between infinite bounds.
PairedEffect paired_effect(std::span<const double> differences, double confidence);

/// Student's interval of a bootstrap, drawn by the seed: a cross-check beside the interval of
/// ranks, decides nothing. Infinite for fewer than 4 differences.
struct Interval {
  double lower = 0, upper = 0;
};
Interval bootstrap_interval(std::span<const double> differences, double confidence,
                            std::uint64_t seed);

}  // namespace kernelgate::compare
