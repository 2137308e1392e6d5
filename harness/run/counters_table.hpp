// Launch counters as JSON, for the pipe from a check's child process, and as a printed table.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "harness/executors/launch_counters.hpp"
#include "harness/records/record.hpp"

namespace kernelgate {

/// Converts counters to JSON and back.
nlohmann::json to_json(const std::vector<LaunchCounters>& all);
std::vector<LaunchCounters> counters_from(const nlohmann::json& json);

/// Table with one entry per case, variant and device. Schedules and data modes change the counts
/// only where a kernel's control flow depends on its data, so the first one is shown.
class CountersTable {
 public:
  void add(const Record& record, const std::vector<LaunchCounters>& counters);
  /// The table; empty if nothing was counted.
  std::string text() const;

 private:
  std::set<std::string> known_;
  std::string lines_;
};

}  // namespace kernelgate
