// Measures the false alarms and the power of a comparison on this machine at this time, with fresh
// processes that do the same work, and 2, 3 and 5 % more.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "harness/compare/setup.hpp"

namespace kernelgate {

/// Settings of the self-test of `compare`, and the test itself.
struct CompareSelfTest {
  std::string program;        // this one
  std::int64_t rounds = 120;  // five processes per round
  double seconds = 0.001;     // per sample, approximately: shorter than a time slice
  int samples = 15;
  std::uint64_t order_seed = 1;
  std::string file;  // one line per process, as in harness/compare/paired_timings; is continued

  /// Runs the rounds that are missing in the file, then returns the table. Throws BadInput for a
  /// file of another seed or other work, and for a process that fails.
  std::string run(const std::function<void(const std::string&)>& progress) const;
};

/// False alarms and power of the adaptive rule on the series of such a file, for one case alone and
/// for one among 50.
std::string power_table(const std::vector<compare::Series>& series);

}  // namespace kernelgate
