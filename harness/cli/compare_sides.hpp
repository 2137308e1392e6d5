// Starts the processes of a comparison and keeps what they say.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/cli/compare_setup.hpp"
#include "harness/cli/sample_report.hpp"

namespace kernelgate {

class CompareSides {
 public:
  explicit CompareSides(const CompareSetup& setup) : setup_(setup) {}

  /// Judges a target on real data in a fresh process.
  SampleReport verify(SideName side, const CompareTarget& target, std::uint64_t seed) const;
  /// Times it in a fresh process. A process that dies, hangs or speaks nonsense is a status.
  SampleReport time(SideName side, const CompareTarget& target) const;
  /// This machine's roofs by the candidate's own probes, once a working set (0: cold).
  SampleReport roofs(std::int64_t working_set_bytes, bool anew);
  /// Hash of the code that decides about the target's time on that side.
  std::string code(SideName side, const CompareTarget& target);

 private:
  std::vector<std::string> words(SideName side) const;
  SampleReport ask(const std::vector<std::string>& words) const;

  const CompareSetup& setup_;
  std::map<std::int64_t, SampleReport> roofs_;
  std::map<std::string, std::string> codes_;
};

/// A process's row of a records file.
Record round_row(const CompareSetup& setup, const CompareTarget& target, SideName side,
                 const SampleReport& report);
/// The samples of a round row that count: all, or those that are not marked where there
/// are such. Throws BadInput for a text that no round has.
enum class Marked { count, left_out };
std::vector<double> samples_of(const Record& row, Marked marked);

}  // namespace kernelgate
