// Checks the rule on recorded rounds of equal code and of known slowdowns. False alarms and power
// must be as good as in the table that the rule was chosen by (docs/verdicts.md, section 4). Rules
// with a seeded bug must fail the same check.
#include "harness/compare/power.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace kernelgate::compare {
namespace {

std::vector<Series> recorded(const std::string& machine) {
  std::ifstream in(std::filesystem::path(KERNELGATE_TIMINGS) / (machine + ".txt"));
  return read_series(in);
}

/// Shares of windows called slower, and the number of rounds per window.
struct Row {
  double equal_code = 0;
  std::array<double, 3> found{};   // +2 %, +3 %, +5 %
  std::array<double, 3> rounds{};  // mean per window
  double wrongly_same = 0;         // the worst of the three
};

// `shift`: rounds between the two processes of a pair; 0: paired in time.
Row row_of(const std::vector<Series>& all, const Rule& rule, std::size_t shift = 0) {
  const auto differences = [&](const std::string& variant) {
    Series a = find(all, "A");
    Series b = find(all, variant);
    b.rounds.erase(b.rounds.begin(), b.rounds.begin() + static_cast<std::ptrdiff_t>(shift));
    return log_ratios(a, b, Statistic::lower_quartile);
  };
  Row row;
  row.equal_code = power_of(differences("Ax"), 60, rule).slower;
  const char* slowed[] = {"B2", "B3", "B5"};
  for (std::size_t i = 0; i < 3; ++i) {
    const Power power = power_of(differences(slowed[i]), 60, rule);
    row.found[i] = power.slower;
    row.rounds[i] = power.mean_rounds;
    row.wrongly_same = std::max(row.wrongly_same, power.same);
  }
  return row;
}

// The table has alarms in tenths of a percent and power in whole percent. Half a unit of each is
// allowed for rounding.
bool as_good_as(const Row& row, double alarms, std::array<double, 3> found) {
  bool good = row.equal_code <= alarms + 0.0005 && row.wrongly_same == 0;
  for (std::size_t i = 0; i < 3; ++i) good = good && row.found[i] >= found[i] - 0.005;
  return good;
}

std::string describe(const Row& row) {
  std::ostringstream text;
  text << "alarms " << row.equal_code << ", found " << row.found[0] << " " << row.found[1] << " "
       << row.found[2] << ", rounds " << row.rounds[0] << " " << row.rounds[1] << " "
       << row.rounds[2] << ", wrongly same " << row.wrongly_same;
  return text.str();
}

constexpr double quiet_alarms = 0.016, noisy_alarms = 0;
constexpr std::array quiet_found{1.0, 1.0, 1.0}, noisy_found{0.61, 0.76, 1.0};

TEST(Power, OfOneCaseIsAsGoodAsTheTable) {
  const Row quiet = row_of(recorded("quiet"), adaptive({}));
  EXPECT_TRUE(as_good_as(quiet, quiet_alarms, quiet_found)) << describe(quiet);
  const Row noisy = row_of(recorded("noisy"), adaptive({}));
  EXPECT_TRUE(as_good_as(noisy, noisy_alarms, noisy_found)) << describe(noisy);
  for (const double rounds : quiet.rounds) EXPECT_LT(rounds, 13);
  EXPECT_LT(noisy.rounds[0], 41);
}

TEST(Power, OfOneAmongFiftyCasesIsAsGoodAsTheTable) {
  Rules rules;
  rules.cases = 50;
  const Row quiet = row_of(recorded("quiet"), adaptive(rules));
  EXPECT_EQ(quiet.equal_code, 0) << describe(quiet);
  EXPECT_EQ(quiet.found[0], 1) << describe(quiet);
  EXPECT_LT(quiet.rounds[0], 19) << describe(quiet);
  const Row noisy = row_of(recorded("noisy"), adaptive(rules));
  EXPECT_TRUE(as_good_as(noisy, 0, {0.37, 0.37, 0.98})) << describe(noisy);
}

TEST(Power, RefusesPairsThatAreNoPairs) {
  // Pairs as in 20 processes of one side, then 20 of the other: the data of a U test after two
  // batches.
  const Row noisy = row_of(recorded("noisy"), adaptive({}), 20);
  EXPECT_FALSE(as_good_as(noisy, noisy_alarms, noisy_found)) << describe(noisy);
}

TEST(Power, RefusesAComparisonOfMeansOfOneProcessASide) {
  const Rule mean = [](std::span<const double> d) {
    Ended ended;
    ended.effect = paired_effect(d.first(1), 0.99);
    ended.answer = d[0] > 0.02 ? Answer::slower : Answer::same;
    return ended;
  };
  for (const std::string machine : {"quiet", "noisy"}) {
    const Row row = row_of(recorded(machine), mean);
    EXPECT_FALSE(as_good_as(row, quiet_alarms, quiet_found)) << machine << ": " << describe(row);
    EXPECT_FALSE(as_good_as(row, noisy_alarms, noisy_found)) << machine << ": " << describe(row);
  }
}

TEST(Power, RefusesARuleThatStopsAtTheFirstFivePercent) {
  // Ten or more looks at 5 % each, without a margin and without correction for repeated looks.
  const Rule eager = [](std::span<const double> d) {
    Ended ended;
    for (std::size_t n = 10; n <= 60; n += 5) {
      ended.effect = paired_effect(d.first(n), 0.90);
      ended.answer = ended.effect.lower > 0 ? Answer::slower : Answer::cannot_tell;
      if (ended.answer == Answer::slower) break;
    }
    return ended;
  };
  const Row noisy = row_of(recorded("noisy"), eager);
  EXPECT_FALSE(as_good_as(noisy, noisy_alarms, noisy_found)) << describe(noisy);
}

TEST(Statistic, InterpolatesBetweenNeighbours) {
  EXPECT_DOUBLE_EQ(statistic_of({4, 1, 3, 2}, Statistic::lower_quartile), 1.75);
  EXPECT_DOUBLE_EQ(statistic_of({4, 1, 3, 2}, Statistic::median), 2.5);
  EXPECT_DOUBLE_EQ(statistic_of({4, 1, 3, 2}, Statistic::minimum), 1);
  EXPECT_THROW(statistic_of({}, Statistic::median), std::invalid_argument);
}

TEST(Series, NamesTheLineThatItCannotRead) {
  std::istringstream good("A 1 10 20\nB 1 11 21\nA 2 12 22\n");
  const std::vector<Series> all = read_series(good);
  EXPECT_EQ(find(all, "A").rounds, (std::vector<std::vector<double>>{{10, 20}, {12, 22}}));
  EXPECT_THROW(find(all, "C"), std::invalid_argument);
  std::istringstream bad("A 1 10 20\nA 2 ten\n");
  try {
    read_series(bad);
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos) << error.what();
  }
}

TEST(LogRatios, CompareProcessesOfTheSameRound) {
  const Series a{"A", {{1, 1, 1}, {4, 4, 4}}};
  const Series b{"B", {{2, 2, 2}, {8, 8, 8}}};
  EXPECT_EQ(log_ratios(a, b, Statistic::median), (std::vector{std::log(2.0), std::log(2.0)}));
}

}  // namespace
}  // namespace kernelgate::compare
