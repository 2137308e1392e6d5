// Starts the processes of a comparison and reads their reports.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/compare/setup.hpp"
#include "harness/run/sample_report.hpp"

namespace kernelgate {

/// The two builds of a comparison, each run in fresh processes.
class CompareSides {
 public:
  explicit CompareSides(const CompareSetup& setup) : setup_(setup) {}

  /// Judges a target on real data in a fresh process.
  SampleReport verify(SideName side, const CompareTarget& target, std::uint64_t seed) const;
  /// Times it in a fresh process. A process that crashes or times out gives a report with that
  /// status. Throws BadInput for output that is no valid report.
  SampleReport time(SideName side, const CompareTarget& target) const;
  /// This machine's peaks, measured by the candidate's build, once per working set (0: cold) unless
  /// `anew`.
  SampleReport roofs(std::int64_t working_set_bytes, bool anew);
  /// Hash of the code that determines the target's time on that side.
  std::string code(SideName side, const CompareTarget& target);

 private:
  std::vector<std::string> words(SideName side) const;
  SampleReport ask(const std::vector<std::string>& words) const;

  const CompareSetup& setup_;
  std::map<std::int64_t, SampleReport> roofs_;
  std::map<std::string, std::string> codes_;
};

/// The row of one process for a records file.
Record round_row(const CompareSetup& setup, const CompareTarget& target, SideName side,
                 const SampleReport& report);
/// Treatment of disturbed (marked) samples.
enum class Marked { count, left_out };
/// The samples of a round's row, in seconds: all, or the unmarked ones if there are any. Throws
/// BadInput for a malformed column sample_seconds.
std::vector<double> samples_of(const Record& row, Marked marked);

}  // namespace kernelgate
