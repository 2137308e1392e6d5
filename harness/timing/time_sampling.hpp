// Times one case's variants in one process on Google Benchmark: cold (buffers rotated over four
// times the last-level cache) or hot, repetitions of all variants interleaved at random so that a
// ratio compares samples taken close together in time.
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

/// Counters that have to be there before threads start, so that these are counted, too.
struct RunCounters {
  PerfCounter instructions{PerfCounter::Event::instructions};
  PerfCounter cycles{PerfCounter::Event::cycles};
};

struct SamplingOptions {
  CacheMode cache = CacheMode::cold;
  int repetitions = 11;
  /// Stop rule: further turns of as many repetitions until every variant's median is known to this
  /// percent (half of its 95 % interval), or it has this many. 0: one turn.
  double until_percent = 0;
  int most_repetitions = 110;
  double warm_up_seconds =
      0;  // of each variant before its first sample; the library's own trials too
  double least_seconds = 0.05;  // of one repetition
  std::int64_t cold_bytes = 0;  // rotate buffers over at least this much
  std::uint64_t seed = 1;
  std::int64_t memory_limit_bytes = 0;    // of all buffers together; 0: half of the free memory
  const RunCounters* counters = nullptr;  // none: instructions and cycles stay absent
};

/// Takes over what flags of Google Benchmark say about repetitions, least time and warm-up: a value
/// of the options would win over them. Throws BadInput for a number that is none.
void apply_flags(const std::vector<std::string>& flags, SamplingOptions& options);

/// Half of the 95 % interval of the median, in percent of it, by order statistics: of n samples the
/// ranks are n/2 -+ 0.98 sqrt(n). Infinite for fewer than 8.
double median_uncertainty_percent(std::vector<double> samples);

/// Times `variants` (each known to be correct) on a case, in the given order of results. The inputs
/// are real-mode data. Throws BadInput when one set of buffers exceeds the memory limit.
std::vector<TimeSummary> sample(const Case& shape, const std::vector<const Variant*>& variants,
                                const SamplingOptions& options);

}  // namespace kernelgate
