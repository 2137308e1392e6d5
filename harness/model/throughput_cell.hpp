// Measurement of one cell of `throughput`: its repetitions, and the machine's peaks between them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/model/throughput.hpp"
#include "harness/records/record.hpp"
#include "harness/timing/machine_watch.hpp"
#include "harness/timing/time_summary.hpp"

namespace kernelgate {

/// Measures peak bandwidth and peak FLOP rate while a cell is timed, about once per second.
/// Disturbed measurements are left out of the medians by the rule of TimeSummary.
class PeakWatch {
 public:
  explicit PeakWatch(std::int64_t working_set_bytes) : bytes_(working_set_bytes) { measure(); }

  /// Measures if the last measurement is more than a second old. Called between two repetitions.
  void update();
  double bandwidth() const { return summarise(bandwidths_, marked_).median; }  // bytes per second
  double peak() const { return summarise(peaks_, marked_).median; }  // f32 flops per second

 private:
  void measure();

  std::int64_t bytes_;
  MachineWatch watch_;
  std::vector<double> bandwidths_, peaks_;
  std::vector<std::int64_t> marked_;  // disturbed measurements
  std::chrono::steady_clock::time_point last_;
};

/// The repetitions of a cell, and the machine's peaks.
struct MeasuredCell {
  std::vector<model::ThroughputRun> runs;
  std::string_view dtype;          // of the weights
  double bandwidth = 0, peak = 0;  // the machine's: bytes per second, f32 flops per second

  TimeSummary times() const;
  /// Expert-offload counts of all repetitions, without their seconds.
  model::OffloadCounts offload() const;
  /// Whether some operation is not bounded by the f32 peak (multiplies_as_stored()).
  bool units() const;
  double reading_seconds() const;
  /// Time for all flops at the f32 peak.
  double computing_seconds() const;
  bool bound_by_bytes() const { return units() || reading_seconds() > computing_seconds(); }
  double roofline_seconds() const {
    return bound_by_bytes() ? reading_seconds() : computing_seconds();
  }
};

inline double gigabytes(std::int64_t bytes) { return 1e-9 * static_cast<double>(bytes); }

/// Sets times, traffic, peaks and roofline time of the cell, and the status `passed`.
void fill(Record& record, const MeasuredCell& cell);

/// Print the head of the table and the lines of a cell to standard output.
void print_throughput_head();
void print_cell(const model::ThroughputCell& cell, const MeasuredCell& m);

}  // namespace kernelgate
