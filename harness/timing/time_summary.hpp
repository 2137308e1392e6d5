// Computes quartiles of timed samples without the disturbed ones, and counts those.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/timed_span.hpp"

namespace kernelgate {

/// Quartiles of the samples that count: those that are not marked as disturbed, or all of them
/// where every one is marked. A sample is the time of one run.
struct TimeSummary {
  std::vector<double> seconds;  // one per repetition, in the order in which they ran
  double low = 0, median = 0, high = 0;

  // State of the machine during the samples (machine_watch.hpp); absent if it is not reported.
  std::optional<std::vector<std::int64_t>> marked;  // disturbed samples, ascending
  std::optional<double> clock_hz;
  std::optional<double> instructions, cycles;  // of one run, user space, all threads

  bool is_marked(std::size_t sample) const;
  /// Whether every sample is marked, so that all of them count.
  bool all_marked() const { return marked && !seconds.empty() && marked->size() == seconds.size(); }
  bool counts(std::size_t sample) const { return all_marked() || !is_marked(sample); }
  /// The samples that count, in their order.
  std::vector<double> counted() const;
  /// Whether the quartiles are a spread; see has_spread() below.
  bool has_spread() const;
  /// Which sample is the lower median of those that count. Throws std::logic_error without samples.
  std::size_t median_sample() const;
};
/// Whether more than one of `samples` counts: a single sample has no spread. If all samples are
/// disturbed, all of them count.
constexpr bool has_spread(std::int64_t samples, std::int64_t marked) {
  return (marked == samples ? samples : samples - marked) > 1;
}

/// `marked`: the positions of the disturbed samples, ascending.
TimeSummary summarise(std::vector<double> seconds,
                      std::optional<std::vector<std::int64_t>> marked = std::nullopt);
TimeSummary summarise(std::span<const TimedSpan> samples);
/// Median of the ratios of samples at the same position (paired in time). Pairs with a marked
/// sample are left out; absent if no pair remains.
std::optional<double> paired_ratio(const TimeSummary& time, const TimeSummary& baseline);

inline constexpr std::string_view disturbed_reason =
    "threads waited for a core, or the clock was throttled";

/// How many samples behind one or more times were disturbed.
struct DisturbedCount {
  std::int64_t samples = 0;     // for which the system reports disturbance
  std::int64_t marked = 0;      // of them: disturbed
  std::int64_t all_marked = 0;  // times without an undisturbed sample

  void add(const TimeSummary& time);
  void add(const DisturbedCount& other);
  /// Adds a time of `samples` samples, `marked` of them disturbed; absent: not reported by the
  /// system.
  void add(std::int64_t samples, std::optional<std::int64_t> marked);
};

/// Follows a time in a table if all its samples are disturbed.
inline constexpr std::string_view all_disturbed_mark = "*";

/// "2 of 11 samples, left out of the times: threads waited for a core, or the clock was throttled";
/// "not shown by this system" without samples. `rows_are_marked`: the table above uses
/// all_disturbed_mark, and the text explains it.
std::string describe(const DisturbedCount& count, bool rows_are_marked = false);

}  // namespace kernelgate
