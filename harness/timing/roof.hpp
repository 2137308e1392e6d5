// Measures this host's peaks in the same run as the kernels: read bandwidth and FMA rate. A stored
// peak could be that of another machine, and shared machines change from minute to minute.
#pragma once

#include <cstdint>

namespace kernelgate {

/// Bytes per second that all threads together read from `working_set_bytes` of memory, the best of
/// several sweeps: the peak for a kernel with data of that size (docs/verdicts.md, 3).
double measure_read_bandwidth(std::int64_t working_set_bytes);

/// f32 FMA operations per second of all threads (2 per multiply-add), best of several rounds.
double measure_fma_peak();

/// Size of the last-level cache in bytes, as the system reports it; 32 MiB when it does not.
std::int64_t last_level_cache_bytes();

/// Peaks of one run. The hot bandwidth belongs to a working set; it is measured on demand, whenever
/// the size changes.
class Roofs {
 public:
  /// Working set of cold measurements: four times the last-level cache, at least 256 MiB.
  std::int64_t cold_bytes() const { return cold_bytes_; }
  double read_bandwidth_cold();
  double read_bandwidth_hot(std::int64_t working_set_bytes);
  double fma_peak();
  /// Measures again on the next call. For cold bandwidth and FMA rate the better of old and new
  /// counts.
  void forget();
  Roofs();

 private:
  std::int64_t cold_bytes_ = 0;
  double cold_ = 0, peak_ = 0, hot_ = 0;
  double min_cold_ = 0, min_peak_ = 0;  // seen before forget()
  std::int64_t hot_bytes_ = -1;
};

}  // namespace kernelgate
