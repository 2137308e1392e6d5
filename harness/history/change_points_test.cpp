#include "harness/history/change_points.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "harness/compare/power.hpp"
#include "harness/compare/synthetic_noise.hpp"

namespace kernelgate::history {
namespace {

// Times around 1 ms with a percent of heavy-tailed noise, multiplied by the given levels.
std::vector<double> noisy(const std::vector<double>& levels, std::uint64_t seed = 1,
                          double noise = 0.003) {
  std::vector<double> times;
  const auto draws =
      compare::synthetic::heavy_noise(seed, static_cast<std::int64_t>(levels.size()), noise);
  times.reserve(levels.size());
  for (std::size_t i = 0; i < levels.size(); ++i) {
    times.push_back(1e-3 * levels[i] * std::exp(draws[i]));
  }
  return times;
}

std::vector<double> steps(std::initializer_list<std::pair<int, double>> parts) {
  std::vector<double> levels;
  for (const auto& [count, level] : parts) levels.insert(levels.end(), count, level);
  return levels;
}

bool near(std::size_t got, std::size_t expected) {
  return got + 2 >= expected && got <= expected + 2;
}

TEST(BestSplit, HasTheEnergyDistanceOfItsDefinition) {
  // 0 0 | 1 1: 2 E|X - Y| = 2, within each side 0; m n / (m + n) = 1.
  const Split split = best_split(std::vector<double>{0, 0, 1, 1}, 2);
  EXPECT_EQ(split.first, 2U);
  EXPECT_DOUBLE_EQ(split.distance, 2);
  // 0 2 | 10 12: across 10 12 8 10, mean 10; within 2 and 2: 1 * (20 - 2 - 2).
  EXPECT_DOUBLE_EQ(best_split(std::vector<double>{0, 2, 10, 12}, 2).distance, 16);
  EXPECT_EQ(best_split(std::vector<double>{0, 0, 1, 1}, 3).distance, 0);  // too short for 3 and 3
}

TEST(ChangePoints, FindNoneInNoise) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_TRUE(change_points(noisy(steps({{40, 1}}), seed, 0.01), {}).empty()) << seed;
  }
  EXPECT_TRUE(change_points({}, {}).empty());
  EXPECT_TRUE(change_points(std::vector<double>(30, 1e-3), {}).empty());
}

TEST(ChangePoints, FindOneStepAndItsLevels) {
  const auto found = change_points(noisy(steps({{25, 1}, {15, 1.05}})), {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(near(found[0].first, 25)) << found[0].first;
  EXPECT_NEAR(found[0].after / found[0].before, 1.05, 0.01);
  EXPECT_LE(found[0].chance, 0.001);
}

TEST(ChangePoints, FindTwoStepsInOppositeDirections) {
  const auto found = change_points(noisy(steps({{20, 1}, {20, 1.06}, {20, 0.97}})), {});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(near(found[0].first, 20)) << found[0].first;
  EXPECT_TRUE(near(found[1].first, 40)) << found[1].first;
  EXPECT_GT(found[0].after, found[0].before);
  EXPECT_LT(found[1].after, found[1].before);
}

TEST(ChangePoints, TakeOneOrTwoWildJobsForNoChange) {
  std::vector<double> times = noisy(steps({{40, 1}}));
  times[20] *= 3;
  EXPECT_TRUE(change_points(times, {}).empty());
  times[21] *= 3;
  EXPECT_TRUE(change_points(times, {}).empty());
}

TEST(ChangePoints, IgnoreAStepBelowTheMagnitudeHoweverSure) {
  const std::vector<double> times = noisy(steps({{40, 1}, {40, 1.01}}), 1, 0.0005);
  EXPECT_TRUE(change_points(times, {}).empty());
  ChangeRules fine;
  fine.magnitude = 0.005;
  EXPECT_EQ(change_points(times, fine).size(), 1U);  // found with a smaller magnitude
}

TEST(ChangePoints, CutATrendIntoStepsThatMatterAndASmallOneIntoNone) {
  std::vector<double> steep, flat;
  for (int i = 0; i < 60; ++i) {
    steep.push_back(1 + 0.2 * i / 59);
    flat.push_back(1 + 0.012 * i / 59);
  }
  const auto found = change_points(noisy(steep), {});
  ASSERT_GE(found.size(), 2U);
  for (const ChangePoint& c : found) EXPECT_GE(c.after / c.before, 1.02);
  EXPECT_TRUE(change_points(noisy(flat), {}).empty());
}

TEST(ChangePoints, KeepTheLeastSegment) {
  ChangeRules rules;
  rules.min_segment = 8;
  for (const ChangePoint& c : change_points(noisy(steps({{30, 1}, {5, 1.3}, {30, 1}})), rules)) {
    EXPECT_GE(c.first, 8U);
    EXPECT_LE(c.first, 57U);
  }
}

// Twenty slow jobs among 400 are lost in the sums over all jobs, but found in a window of 50.
TEST(ChangePoints, FindAShortLevelInALongSeries) {
  const auto times = noisy(steps({{200, 1}, {20, 1.05}, {180, 1}}), 4, 0.005);
  const auto found = change_points(times, {});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(near(found[0].first, 200)) << found[0].first;
  EXPECT_TRUE(near(found[1].first, 220)) << found[1].first;
  EXPECT_TRUE(change_points(times, {.window = 0}).empty());
}

TEST(ChangePoints, OfALongSeriesAreFoundOnceThoughWindowsOverlap) {
  const auto found = change_points(noisy(steps({{90, 1}, {35, 1.05}, {175, 1.2}})), {});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(near(found[0].first, 90)) << found[0].first;
  EXPECT_TRUE(near(found[1].first, 125)) << found[1].first;
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    alarms += !change_points(noisy(steps({{300, 1}}), seed, 0.01), {}).empty();
  }
  EXPECT_LE(alarms, 1);  // 11 windows at a chance of 0.001 each, and at least 2 % of difference
}

TEST(ChangePoints, AreTheSameForTheSameSeries) {
  const auto times = noisy(steps({{25, 1}, {15, 1.04}}), 9);
  EXPECT_EQ(change_points(times, {}), change_points(times, {}));
}

// Jobs of ten recorded processes each: the median of the processes' lower quartiles.
std::vector<double> jobs(const std::string& machine, const std::string& variant, std::size_t from,
                         std::size_t count) {
  std::ifstream in(std::filesystem::path(KERNELGATE_TIMINGS) / (machine + ".txt"));
  const auto all = compare::read_series(in);
  const compare::Series& series = compare::find(all, variant);
  std::vector<double> times;
  for (std::size_t job = from; job < from + count; ++job) {
    std::vector<double> numbers;
    for (std::size_t i = 10 * job; i < 10 * job + 10; ++i) {
      numbers.push_back(
          compare::statistic_of(series.rounds.at(i), compare::Statistic::lower_quartile));
    }
    times.push_back(compare::statistic_of(numbers, compare::Statistic::median));
  }
  return times;
}

std::vector<double> joined(std::vector<double> a, const std::vector<double>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(ChangePoints, OfRecordedJobsAreWhereTheCodeChanged) {
  const auto before = jobs("quiet", "A", 0, 25);
  for (const auto& [variant, more] : {std::pair{"B3", 1.03}, std::pair{"B5", 1.05}}) {
    const auto found = change_points(joined(before, jobs("quiet", variant, 25, 25)), {});
    ASSERT_EQ(found.size(), 1U) << variant;
    EXPECT_TRUE(near(found[0].first, 25)) << found[0].first;
    EXPECT_NEAR(found[0].after / found[0].before, more, 0.005) << variant;
  }
  EXPECT_TRUE(change_points(joined(before, jobs("quiet", "Ax", 25, 25)), {}).empty());
}

}  // namespace
}  // namespace kernelgate::history
