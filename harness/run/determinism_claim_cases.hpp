// Choice of the cases on which determinism claims are tested. Repeating every case twenty times
// costs far more than it finds; repeating none leaves the claims untested.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "harness/run/virtual_runs.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {

/// Chooses, for each native variant that declares its bits reproducible, one case per wave width:
/// the largest one that runs in about a tenth of a second, or the smallest one if none does.
/// Cases of `--case` are excluded; --schedules applies to them.
class DeterminismClaimCases {
 public:
  DeterminismClaimCases(const std::vector<SuiteCase>& cases, const VirtualRunOptions& options);

  /// The profiles on which this case tests the variant's determinism claim.
  std::vector<const DeviceProfile*> profiles(const Variant& variant, const Case& shape) const;

 private:
  struct Choice {
    const Case* shape = nullptr;
    const DeviceProfile* profile = nullptr;
    double work = 0;
  };
  void offer(const Variant& variant, const Choice& choice);

  std::map<std::pair<const Variant*, std::int64_t>, Choice> chosen_;  // by variant and wave
};

/// Whether the case comes from a `--case` option rather than a suite.
bool is_named(const SuiteCase& suite_case);

}  // namespace kernelgate
