// Shows on this machine, now, how often a comparison is wrong and what it finds: fresh processes
// that do the same work, and 2, 3 and 5 % more of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "harness/cli/compare_setup.hpp"

namespace kernelgate {

struct CompareSelfTest {
  std::string program;        // this one
  std::int64_t rounds = 120;  // of five processes
  double seconds = 0.001;     // of one sample, about: shorter than a time slice
  int samples = 15;
  std::uint64_t order_seed = 1;
  std::string file;  // one line a process, as in harness/compare/paired_timings; gone on with

  /// Runs what the file lacks, then returns the table. Throws BadInput for a file of another seed
  /// or other work, and for a process that fails.
  std::string run(const std::function<void(const std::string&)>& progress) const;
};

/// False alarms and power of the adaptive rule on such a file, one case alone and one among 50.
std::string power_table(const std::vector<compare::Series>& series);

}  // namespace kernelgate
