// Counters on their way from a check's child process, and as the table below its result.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "harness/executors/launch_counters.hpp"
#include "harness/records/record.hpp"

namespace kernelgate {

nlohmann::json to_json(const std::vector<LaunchCounters>& all);
std::vector<LaunchCounters> counters_from(const nlohmann::json& json);

/// One entry a case, variant and device: another schedule or data mode counts the same but for the
/// choices that a kernel makes by its data.
class CountersTable {
 public:
  void add(const Record& record, const std::vector<LaunchCounters>& counters);
  /// Empty where nothing was counted.
  std::string text() const;

 private:
  std::set<std::string> known_;
  std::string lines_;
};

}  // namespace kernelgate
