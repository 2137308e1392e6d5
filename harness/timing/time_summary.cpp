#include "harness/timing/time_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "harness/core/counted.hpp"

namespace kernelgate {
namespace {

double quantile_of(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

bool TimeSummary::is_marked(std::size_t sample) const {
  return marked &&
         std::binary_search(marked->begin(), marked->end(), static_cast<std::int64_t>(sample));
}

bool TimeSummary::has_spread() const {
  return kernelgate::has_spread(static_cast<std::int64_t>(seconds.size()),
                                marked ? static_cast<std::int64_t>(marked->size()) : 0);
}

std::vector<double> TimeSummary::counted() const {
  std::vector<double> list;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    if (counts(i)) list.push_back(seconds[i]);
  }
  return list;
}

std::size_t TimeSummary::median_sample() const {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    if (counts(i)) order.push_back(i);
  }
  if (order.empty()) throw std::logic_error("a median of no samples");
  std::stable_sort(order.begin(), order.end(),
                   [this](std::size_t a, std::size_t b) { return seconds[a] < seconds[b]; });
  return order[(order.size() - 1) / 2];
}

TimeSummary summarise(std::vector<double> seconds,
                      std::optional<std::vector<std::int64_t>> marked) {
  TimeSummary summary;
  summary.seconds = std::move(seconds);
  summary.marked = std::move(marked);
  if (summary.seconds.empty()) return summary;
  std::vector<double> sorted = summary.counted();
  std::sort(sorted.begin(), sorted.end());
  summary.low = quantile_of(sorted, 0.25);
  summary.median = quantile_of(sorted, 0.5);
  summary.high = quantile_of(sorted, 0.75);
  return summary;
}

TimeSummary summarise(std::span<const TimedSpan> samples) {
  std::vector<double> seconds;
  std::optional<std::vector<std::int64_t>> marked;
  seconds.reserve(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    seconds.push_back(samples[i].seconds);
    if (!samples[i].disturbed) continue;
    if (!marked) marked.emplace();
    if (*samples[i].disturbed) marked->push_back(static_cast<std::int64_t>(i));
  }
  return summarise(std::move(seconds), std::move(marked));
}

std::optional<double> paired_ratio(const TimeSummary& time, const TimeSummary& baseline) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(time.seconds.size(), baseline.seconds.size()); ++i) {
    if (time.is_marked(i) || baseline.is_marked(i)) continue;
    ratios.push_back(time.seconds[i] / baseline.seconds[i]);
  }
  if (ratios.empty()) return std::nullopt;
  return summarise(std::move(ratios)).median;
}

void DisturbedCount::add(const TimeSummary& time) {
  std::optional<std::int64_t> disturbed;
  if (time.marked) disturbed = static_cast<std::int64_t>(time.marked->size());
  add(static_cast<std::int64_t>(time.seconds.size()), disturbed);
}

void DisturbedCount::add(const DisturbedCount& other) {
  samples += other.samples;
  marked += other.marked;
  all_marked += other.all_marked;
}

void DisturbedCount::add(std::int64_t count, std::optional<std::int64_t> disturbed) {
  if (!disturbed) return;
  samples += count;
  marked += *disturbed;
  all_marked += count > 0 && *disturbed == count;
}

std::string describe(const DisturbedCount& count, bool rows_are_marked) {
  if (count.samples == 0) return "not shown by this system";
  std::string text = fmt::format("{} of {} samples", count.marked, count.samples);
  if (count.marked == 0) return text;
  const std::string mark =
      rows_are_marked ? fmt::format(" marked {}", all_disturbed_mark) : std::string();
  if (count.marked == count.samples) {
    text += fmt::format(", all counted, because every sample of each time{} was disturbed", mark);
  } else {
    text += ", left out of the times";
    if (count.all_marked > 0) {
      text += fmt::format(" except in {}{} with disturbed samples only",
                          counted(count.all_marked, "time", "times"), mark);
    }
  }
  return fmt::format("{}: {}", text, disturbed_reason);
}

}  // namespace kernelgate
