// One cell of `throughput`: its repetitions, the roofs of the same minutes, and what both say.
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

/// The roofs while a cell is timed, looked at about once a second between its repetitions. A look
/// that the machine disturbed is left out of the medians, as a repetition of the cell is; where
/// every look is disturbed, all of them count.
class RoofWatch {
 public:
  explicit RoofWatch(std::int64_t working_set_bytes) : bytes_(working_set_bytes) { look(); }

  /// Between two repetitions.
  void pass_by();
  double bandwidth() const { return summarise(bandwidths_, marked_).median; }  // bytes per second
  double peak() const { return summarise(peaks_, marked_).median; }  // f32 flops per second

 private:
  void look();

  std::int64_t bytes_;
  MachineWatch watch_;
  std::vector<double> bandwidths_, peaks_;
  std::vector<std::int64_t> marked_;  // disturbed looks
  std::chrono::steady_clock::time_point last_;
};

struct MeasuredCell {
  std::vector<model::ThroughputRun> runs;
  std::string_view dtype;          // of the weights
  double bandwidth = 0, peak = 0;  // of the machine meanwhile

  TimeSummary times() const;
  /// Counts of all repetitions, without their seconds.
  model::OffloadCounts offload() const;
  /// Whether some product ran on matrix units, which the f32 peak does not bound.
  bool units() const;
  double reading_seconds() const;
  /// All flops at the f32 peak.
  double computing_seconds() const;
  bool bound_by_bytes() const { return units() || reading_seconds() > computing_seconds(); }
  double floor_seconds() const {
    return bound_by_bytes() ? reading_seconds() : computing_seconds();
  }
};

inline double gigabytes(std::int64_t bytes) { return 1e-9 * static_cast<double>(bytes); }

/// Times, traffic, roofs and floor of the cell, and that it passed.
void fill(Record& record, const MeasuredCell& cell);

/// The head of the table and the lines of a cell, to standard output.
void print_throughput_head();
void print_cell(const model::ThroughputCell& cell, const MeasuredCell& m);

}  // namespace kernelgate
