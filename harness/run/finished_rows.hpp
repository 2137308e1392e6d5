// The results that a records file already contains, so that an interrupted run can continue.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>

#include "harness/records/record.hpp"

namespace kernelgate {

/// Results of `check` that need no repetition: rows that passed or were unsupported, of the same
/// build and seed. Rows of a build with uncommitted changes do not count, because its commit does
/// not identify it.
class FinishedRows {
 public:
  FinishedRows(std::span<const Record> records, std::uint64_t seed, const std::string& commit);
  /// Every row of `check` with that seed, whatever its status: for records in a run's own folder.
  FinishedRows(std::span<const Record> records, std::uint64_t seed);

  /// Kernel, variant, backend, case, data mode and device, which all schedules of a case share.
  using Group = std::tuple<std::string, std::string, Backend, std::string, std::optional<DataMode>,
                           std::string>;
  static Group group_of(const Record& record);

  bool has(const Record& record) const;
  bool empty() const { return schedules_.empty(); }

 private:
  std::map<Group, std::set<std::optional<std::uint64_t>>> schedules_;
};

}  // namespace kernelgate
