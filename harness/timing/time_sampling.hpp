// Times one case's variants in one process with Google Benchmark, cold (buffers rotated over four
// times the last-level cache) or hot. Repetitions of all variants are interleaved at random, so
// that a ratio compares samples taken close together in time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/kernel.hpp"
#include "harness/records/record.hpp"
#include "harness/timing/machine_watch.hpp"
#include "harness/timing/time_summary.hpp"

namespace kernelgate {

/// Counters to construct before threads start, so that the threads are counted, too.
struct RunCounters {
  PerfCounter instructions{PerfCounter::Event::instructions};
  PerfCounter cycles{PerfCounter::Event::cycles};
};

struct SamplingOptions {
  CacheMode cache = CacheMode::cold;
  int repetitions = 11;
  /// Stop rule: takes turns of `repetitions` samples until every variant's median is known to this
  /// percentage (half of its 95 % interval) or a turn would exceed `max_repetitions`. 0: one turn.
  double until_percent = 0;
  int max_repetitions = 110;
  double warm_up_seconds =
      0;  // of each variant before its first sample, in addition to the library's own trials
  double min_seconds = 0.05;    // of one repetition
  std::int64_t cold_bytes = 0;  // rotate buffers over at least this much
  std::uint64_t seed = 1;
  std::int64_t memory_limit_bytes = 0;    // of all buffers together; 0: half of the free memory
  const RunCounters* counters = nullptr;  // null: instructions and cycles stay absent
};

/// Takes repetitions, minimum time and warm-up from flags of Google Benchmark, because values of
/// the options would override the flags. Throws BadInput for an invalid number.
void apply_flags(const std::vector<std::string>& flags, SamplingOptions& options);

/// Half of the 95 % interval of the median, in percent of it, by order statistics: of n samples the
/// ranks are n/2 -+ 0.98 sqrt(n). Infinite for fewer than 8.
double median_uncertainty_percent(std::vector<double> samples);

/// Times `variants`, each known to be correct, on a case with real-mode data. Results have the
/// order of `variants`. Throws BadInput if one set of buffers exceeds the memory limit.
std::vector<TimeSummary> sample(const Case& shape, const std::vector<VariantOnDevice>& variants,
                                const SamplingOptions& options);

}  // namespace kernelgate
