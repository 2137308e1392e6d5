#include "harness/model/throughput_cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "harness/core/variant_role.hpp"
#include "harness/model/kernel_session.hpp"
#include "harness/report/text.hpp"
#include "harness/run/bench_run.hpp"
#include "harness/timing/roof.hpp"
#include "harness/timing/watched_clock.hpp"

namespace kernelgate {
namespace {

/// Share of each operation in the time of the median run, largest first, and the unexplained rest.
std::string breakdown(const MeasuredCell& m) {
  const model::ThroughputRun& run = m.runs[m.times().median_sample()];
  std::vector<std::pair<double, std::string>> parts;
  parts.reserve(run.kernels.size());
  for (const auto& [operation, time] : run.kernels) parts.emplace_back(time.seconds, operation);
  std::sort(parts.rbegin(), parts.rend());
  std::string text;
  for (const auto& [seconds, operation] : parts) {
    text += fmt::format("{}{} {:.1f}%", text.empty() ? "" : ", ", operation,
                        100 * seconds / run.seconds);
  }
  return text + fmt::format(", unexplained {:.1f}%", 100 * run.unexplained() / run.seconds);
}

/// Counts of all repetitions. The time is the median run's, so that disturbed runs are left out.
std::string offload_words(const MeasuredCell& m) {
  return fmt::format("{}; the copies of the median run took {}", describe(m.offload()),
                     time_text(m.runs[m.times().median_sample()].offload.seconds));
}

}  // namespace

void PeakWatch::update() {
  if (std::chrono::steady_clock::now() - last_ > std::chrono::seconds(1)) measure();
}

void PeakWatch::measure() {
  const TimedSpan span = timed_span(watch_, [this] {
    bandwidths_.push_back(measure_read_bandwidth(bytes_));
    peaks_.push_back(measure_fma_peak());
  });
  if (span.disturbed.value_or(false)) {
    marked_.push_back(static_cast<std::int64_t>(bandwidths_.size()) - 1);
  }
  last_ = std::chrono::steady_clock::now();
}

TimeSummary MeasuredCell::times() const {
  std::vector<TimedSpan> spans;
  spans.reserve(runs.size());
  for (const auto& run : runs) spans.push_back({run.seconds, run.disturbed});
  return summarise(spans);
}

model::OffloadCounts MeasuredCell::offload() const {
  model::OffloadCounts sum;
  for (const auto& run : runs) {
    sum.hits += run.offload.hits;
    sum.misses += run.offload.misses;
    sum.evictions += run.offload.evictions;
    sum.bytes += run.offload.bytes;
  }
  return sum;
}

bool MeasuredCell::units() const {
  const auto& kernels = runs.front().kernels;
  return std::any_of(kernels.begin(), kernels.end(), [this](const auto& operation) {
    return multiplies_as_stored(operation.second.variant, dtype);
  });
}

double MeasuredCell::reading_seconds() const {
  return static_cast<double>(runs.front().work.bytes) / bandwidth;
}

double MeasuredCell::computing_seconds() const {
  return static_cast<double>(runs.front().work.flops) / peak;
}

void print_throughput_head() {
  fmt::print("{:<16} {:>9} {:>19} {:>9} {:>6} {:>9} {:>9} {:>9}\n", "test", "tokens/s", "quartiles",
             "roofline", "bound", "of FMA", "GB", "GFLOP");
}

void fill(Record& r, const MeasuredCell& m) {
  const TimeSummary t = m.times();
  r.status = Status::passed;
  r.samples = static_cast<std::int64_t>(m.runs.size());
  if (t.marked) r.disturbed_samples = static_cast<std::int64_t>(t.marked->size());
  r.time_low_seconds = t.low;
  r.time_median_seconds = t.median;
  r.time_high_seconds = t.high;
  r.bytes = m.runs.front().work.bytes;
  r.flops = m.runs.front().work.flops;
  r.read_bandwidth_bytes_per_second = m.bandwidth;
  r.peak_flops_per_second = m.peak;
  r.roofline_seconds = m.roofline_seconds();
  r.percent_of_roofline = 100 * m.roofline_seconds() / t.median;
  if (m.offload().hits + m.offload().misses > 0) r.message = offload_words(m);
}

void print_cell(const model::ThroughputCell& cell, const MeasuredCell& m) {
  const TimeSummary t = m.times();
  const auto tokens = static_cast<double>(cell.tokens());
  fmt::print("{:<16} {:>9.2f} {:>19} {:>8.1f}% {:>6} {:>8.1f}% {:>9.2f} {:>9.1f}\n", cell.name(),
             tokens / t.median,
             t.has_spread() ? fmt::format("{:.2f} .. {:.2f}", tokens / t.high, tokens / t.low)
                            : std::string("one sample"),
             100 * m.roofline_seconds() / t.median, m.bound_by_bytes() ? "bytes" : "flops",
             100 * m.computing_seconds() / t.median, gigabytes(m.runs.front().work.bytes),
             1e-9 * static_cast<double>(m.runs.front().work.flops));
  fmt::print("{:<16} {}\n", "", breakdown(m));
  fmt::print("{:<16} peaks meanwhile {:.1f} GB/s read, {:.0f} GFLOP/s f32\n", "",
             1e-9 * m.bandwidth, 1e-9 * m.peak);
  if (m.offload().hits + m.offload().misses > 0) {
    fmt::print("{:<16} {}\n", "", offload_words(m));
  }
  DisturbedCount disturbed;
  disturbed.add(t);
  fmt::print("{:<16} disturbed {}\n", "", describe(disturbed));
  std::fflush(stdout);
}

}  // namespace kernelgate
