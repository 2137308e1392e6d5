// Timing of many cases, shared by `bench` and `validate`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/records/record.hpp"
#include "harness/run/session.hpp"
#include "harness/suites/suite.hpp"
#include "harness/timing/roof.hpp"
#include "harness/timing/time_sampling.hpp"

namespace kernelgate {

/// Settings of a timing run and the run itself.
struct BenchRun {
  SamplingOptions sampling;
  std::uint64_t seed = 1;
  double time_limit_seconds = 900;  // per case, all its variants together
  bool isolated = true;
  std::string run_id;
  int threads = 0;
  std::vector<std::string> plugin_words;     // --plugin FILE per plugin, for the rows' options
  std::vector<std::string> benchmark_flags;  // for Google Benchmark, after "--"

  /// Judges, times and rechecks every variant of every case; calls `done` for each. A variant that
  /// is not correct gets no time. The machine's peaks are measured once, before the first case.
  void run(const std::vector<SuiteCase>& cases,
           const std::function<void(const Record&)>& done) const;
  /// The row of one variant on one case before it was timed.
  Record blank(const SuiteCase& suite_case, const Variant& variant) const;
};

/// Passes the flags to Google Benchmark. Call it once per process, before the library's first use.
/// Throws BadInput for an unknown flag.
void start_benchmark_library(const std::vector<std::string>& flags);

/// Removes variants that run on virtual devices, and cases without any other variant: a time on an
/// executor measures no device. Returns a message about the removal, empty if nothing was removed.
std::string leave_out_executors(std::vector<SuiteCase>& cases);

/// Roofline time, max(bytes / bandwidth, flops / peak), of a row that has all four. Only the first
/// term counts where multiplies_as_stored() (harness/core/variant_role.hpp).
double floor_of(const Record& row);

/// Whether a time is impossible (below 0.97 of the roofline time): the kernel or the byte count is
/// wrong. Tests the upper quartile, because other load can disturb single samples and the peaks.
bool below_floor(const Record& record);

}  // namespace kernelgate
