// Times one case's variants in one process on Google Benchmark: cold (buffers rotated over four
// times the last-level cache) or hot, repetitions of all variants interleaved at random so that a
// ratio compares samples taken close together in time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/kernel.hpp"
#include "harness/records/record.hpp"

namespace kernelgate {

/// Quartiles of the samples; a sample is the mean time of one run over a repetition.
struct TimeSummary {
  std::vector<double> seconds;  // one a repetition, in the order in which they ran
  double low = 0, median = 0, high = 0;
};
TimeSummary summarise(std::vector<double> seconds);
/// Median of the ratios of samples taken in the same place of the order (paired in time).
double paired_ratio(const TimeSummary& time, const TimeSummary& baseline);

struct SamplingOptions {
  CacheMode cache = CacheMode::cold;
  int repetitions = 11;
  double least_seconds = 0.05;  // of one repetition
  std::int64_t cold_bytes = 0;  // rotate buffers over at least this much
  std::uint64_t seed = 1;
  std::int64_t memory_limit_bytes = 0;  // of all buffers together; 0: half of the free memory
};

/// Times `variants` (each known to be correct) on a case, in the given order of results. The inputs
/// are real-mode data. Throws BadInput when one set of buffers exceeds the memory limit.
std::vector<TimeSummary> sample(const Case& shape, const std::vector<const Variant*>& variants,
                                const SamplingOptions& options);

}  // namespace kernelgate
