// On which cases the claim of reproducible bits is tested: repeating every case twenty times would
// cost far more than it finds, repeating none would leave the claim to words.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "harness/cli/virtual_runs.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {

/// Of a native variant that declares its bits reproducible, one case for each wave width: the
/// largest one that a run gets through in about a tenth of a second, else the smallest of all.
/// Cases that a `--case` named are left to --schedules.
class ClaimCases {
 public:
  ClaimCases(const std::vector<SuiteCase>& cases, const VirtualRunOptions& options);

  /// The profiles on which this case tests the variant's claim.
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

/// Whether a `--case` named it; other cases come from suites.
bool is_named(const SuiteCase& suite_case);

}  // namespace kernelgate
