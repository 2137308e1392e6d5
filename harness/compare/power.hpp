// Measures the false-alarm rate and the power of a rule on rounds of equal code and of known
// slowdowns. Used for the recorded rounds of harness/compare/paired_timings/ and by the self-test
// of `kernelgate compare`.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/compare/verdict.hpp"

namespace kernelgate::compare {

/// Statistic that reduces a process's samples to one number.
enum class Statistic {
  lower_quartile,
  median,
  minimum,
};
constexpr std::string_view name(Statistic statistic) {
  constexpr std::string_view names[] = {"lower_quartile", "median", "minimum"};
  return names[static_cast<int>(statistic)];
}
/// Interpolates linearly between neighbours. Throws std::invalid_argument without samples.
double statistic_of(std::vector<double> samples, Statistic statistic);

/// Rounds of one variant, each with the samples of one process.
struct Series {
  std::string variant;
  std::vector<std::vector<double>> rounds;
};

/// Reads lines "variant round sample sample …". Throws std::invalid_argument naming the line.
std::vector<Series> read_series(std::istream& text);
const Series& find(const std::vector<Series>& all, std::string_view variant);

/// ln(candidate / baseline) of each round's statistic.
std::vector<double> log_ratios(const Series& baseline, const Series& candidate,
                               Statistic statistic);

/// Answers of a rule over all windows of the length of its last look, one window per first round.
/// Windows overlap: the shares are unbiased, but scatter more than their number suggests.
struct Power {
  std::int64_t windows = 0;
  double slower = 0, same = 0, faster = 0, cannot_tell = 0;  // shares
  double mean_rounds = 0;
};
/// The rule gets the differences from a window's first round on, at least last_look of them.
using Rule = std::function<Ended(std::span<const double>)>;
Power power_of(const std::vector<double>& differences, std::int64_t window, const Rule& rule);

/// The adaptive rule of a comparison as a Rule: looks, ends, and is corrected for rules.cases
/// cases, of which the others show no effect.
Rule adaptive(const Rules& rules);

}  // namespace kernelgate::compare
