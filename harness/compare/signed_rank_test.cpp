#include "harness/compare/signed_rank.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "harness/compare/synthetic_noise.hpp"

namespace kernelgate::compare {
namespace {

TEST(SignedRank, CountsTheSignsOfThreePairs) {
  // Sums of the eight subsets of {1, 2, 3}: 0 1 2 3 3 4 5 6.
  const double expected[] = {8, 7, 6, 5, 3, 2, 1};
  for (std::int64_t w = 0; w <= 6; ++w) {
    EXPECT_DOUBLE_EQ(signed_rank_tail(3, w), expected[w] / 8) << w;
  }
  EXPECT_EQ(signed_rank_tail(3, 7), 0);
}

TEST(SignedRank, HasTheTailOfTenPairs) {
  // Numbers of subsets of {1 … 10} with the sums 0, 1, 2, 3, 4: 1 1 1 2 2. By symmetry the upper
  // end has the same.
  EXPECT_DOUBLE_EQ(signed_rank_tail(10, 55), 1.0 / 1024);
  EXPECT_DOUBLE_EQ(signed_rank_tail(10, 52), 5.0 / 1024);
  EXPECT_DOUBLE_EQ(signed_rank_tail(10, 51), 7.0 / 1024);
}

TEST(SignedRank, GoesOverIntoTheNormalDistributionWithoutAStep) {
  // Two deviations above the mean of n (n + 1) / 4 the normal tail is 0.02275.
  for (const std::int64_t n : {99, 100, 101, 300}) {
    const double x = static_cast<double>(n);
    const double w = x * (x + 1) / 4 + 2 * std::sqrt(x * (x + 1) * (2 * x + 1) / 24);
    EXPECT_NEAR(signed_rank_tail(n, static_cast<std::int64_t>(std::lround(w))), 0.02275, 0.0006)
        << n;
  }
}

TEST(PairedEffect, IsTheMedianOfWalshAverages) {
  // 1 1.5 2 2.5 3 4
  EXPECT_DOUBLE_EQ(paired_effect(std::vector<double>{4, 1, 2}, 0.9).estimate, 2.25);
}

TEST(PairedEffect, LeavesOutFourAveragesAtEitherEndOfTenPairs) {
  // 5/1024 <= 0.005 < 7/1024. Of 1 … 10 the smallest averages are 1 1.5 2 2 2.5.
  std::vector<double> d;
  for (int i = 1; i <= 10; ++i) d.push_back(i);
  const PairedEffect effect = paired_effect(d, 0.99);
  EXPECT_DOUBLE_EQ(effect.estimate, 5.5);
  EXPECT_DOUBLE_EQ(effect.lower, 2);
  EXPECT_DOUBLE_EQ(effect.upper, 9);
  EXPECT_DOUBLE_EQ(effect.p_above, 1.0 / 1024);
  EXPECT_DOUBLE_EQ(effect.p_below, 1);
}

TEST(PairedEffect, SaysNothingOfTooFewPairs) {
  const PairedEffect effect = paired_effect(std::vector<double>(7, 0.5), 0.99);  // 1/128 > 0.005
  EXPECT_EQ(effect.lower, -INFINITY);
  EXPECT_EQ(effect.upper, INFINITY);
  EXPECT_EQ(paired_effect({}, 0.99).upper, INFINITY);
}

TEST(PairedEffect, HoldsNothingForSurprisingWhenAllPairsAreEqual) {
  const PairedEffect effect = paired_effect(std::vector<double>(20, 0.0), 0.99);
  EXPECT_EQ(effect.p_above, 1);
  EXPECT_EQ(effect.p_below, 1);
  EXPECT_EQ(effect.lower, 0);
  EXPECT_EQ(effect.upper, 0);
}

TEST(PairedEffect, IntervalAndChanceAreOneStatement) {
  std::int64_t above = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto d =
        synthetic::heavy_noise(seed, 10 + static_cast<std::int64_t>(seed % 30), 0.01, 0.008);
    const PairedEffect effect = paired_effect(d, 0.99);
    EXPECT_EQ(effect.lower > 0, effect.p_above <= 0.005) << seed;
    EXPECT_EQ(effect.upper < 0, effect.p_below <= 0.005) << seed;
    above += effect.lower > 0;
  }
  EXPECT_GT(above, 30);
  EXPECT_LT(above, 270);
}

TEST(PairedEffect, IsNotCarriedAwayByAFewWildRounds) {
  std::vector<double> d = synthetic::heavy_noise(1, 20, 0.001, 0.03);
  d[3] = 5;
  d[11] = -7;
  EXPECT_NEAR(paired_effect(d, 0.99).estimate, 0.03, 0.003);  // the mean is -0.07
}

TEST(Bootstrap, IsAFunctionOfItsSeedAndNarrowWhereTheNoiseIs) {
  const auto d = synthetic::heavy_noise(5, 40, 0.001, 0.02);
  const Interval a = bootstrap_interval(d, 0.95, 17);
  const Interval b = bootstrap_interval(d, 0.95, 17);
  EXPECT_EQ(a.lower, b.lower);
  EXPECT_EQ(a.upper, b.upper);
  EXPECT_LT(a.lower, 0.02);
  EXPECT_GT(a.upper, 0.02);
  EXPECT_LT(a.upper - a.lower, 0.01);
  EXPECT_EQ(bootstrap_interval(std::vector<double>{1, 2, 3}, 0.95, 1).upper, INFINITY);
}

}  // namespace
}  // namespace kernelgate::compare
