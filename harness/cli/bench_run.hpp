// Timing many cases: what `bench` and `validate` share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/cli/session.hpp"
#include "harness/records/record.hpp"
#include "harness/suites/suite.hpp"
#include "harness/timing/roof.hpp"
#include "harness/timing/time_sampling.hpp"

namespace kernelgate {

struct BenchRun {
  SamplingOptions sampling;
  const Registry* registry = nullptr;
  std::uint64_t seed = 1;
  double time_limit_seconds = 900;  // of one case with all its variants
  bool isolated = true;
  std::string run_id;
  int threads = 0;
  std::vector<std::string> plugin_words;     // --plugin FILE of each, for the rows' options
  std::vector<std::string> benchmark_flags;  // for Google Benchmark, after "--"

  /// Judges, times and judges again every variant of every case; calls `done` for each. A variant
  /// that is not correct has no time. Roofs are measured once before the first case.
  void run(const std::vector<SuiteCase>& cases,
           const std::function<void(const Record&)>& done) const;
  /// The row of one variant on one case before it was timed.
  Record blank(const SuiteCase& suite_case, const Variant& variant) const;
};

/// Hands the flags to Google Benchmark, once a process and before its first use. Throws BadInput
/// for one that the library does not know.
void start_benchmark_library(const std::vector<std::string>& flags);

/// Takes out what runs on virtual devices, and cases that have no other variant: a time on an
/// executor is no measurement of any device. Returns what to say about it; empty when all stay.
std::string leave_out_executors(std::vector<SuiteCase>& cases);

/// Whether a variant multiplies 16-bit numbers as they are stored, on matrix units or in pairs, as
/// a vendor library may: the peak of f32 is no bound then, so its floor counts bytes alone.
bool above_f32_peak(std::string_view variant, std::string_view dtype);

/// max(bytes / bandwidth, flops / peak) of a row that has all four; without flops above that peak.
double floor_of(const Record& row);

/// Below 0.97 of the floor a time is impossible: the kernel or the byte count is wrong. The upper
/// quartile is asked, because a busy neighbour can spoil single samples and the roofs.
bool below_floor(const Record& record);

}  // namespace kernelgate
