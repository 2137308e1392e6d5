// This host's roofs, measured in the same run as the kernels: read bandwidth and FMA peak. A stored
// roof would judge one machine by another, and shared machines change by the minute.
#pragma once

#include <cstdint>

namespace kernelgate {

/// Bytes a second that all threads read together from `working_set_bytes` of memory, the best of
/// several sweeps: the roof for a kernel whose data has that size (docs/verdicts.md, 3).
double measure_read_bandwidth(std::int64_t working_set_bytes);

/// f32 FMA operations a second of all threads (2 for a multiply-add), best of several rounds.
double measure_fma_peak();

/// Size of the last-level cache in bytes, as the system reports it; 32 MiB when it does not.
std::int64_t last_level_cache_bytes();

/// Roofs of one run. Hot roofs belong to a working set and are measured when asked for, once a
/// size.
class Roofs {
 public:
  /// Working set of cold measurements: four times the last-level cache, at least 256 MiB.
  std::int64_t cold_bytes() const { return cold_bytes_; }
  double read_bandwidth_cold();
  double read_bandwidth_hot(std::int64_t working_set_bytes);
  double fma_peak();
  /// Measures again at the next question; the better of old and new counts.
  void forget();
  Roofs();

 private:
  std::int64_t cold_bytes_ = 0;
  double cold_ = 0, peak_ = 0, hot_ = 0;
  double least_cold_ = 0, least_peak_ = 0;  // seen before forget()
  std::int64_t hot_bytes_ = -1;
};

}  // namespace kernelgate
