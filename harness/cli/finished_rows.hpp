// What a records file already holds of a run: one that was cut short goes on where it was.
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

/// Judgements that need not be made again: rows of `check` that passed or were refused, made by the
/// same build from the same seed. A build with changes that are in no commit has none: its name
/// does not say what it was.
class FinishedRows {
 public:
  FinishedRows(std::span<const Record> records, std::uint64_t seed, const std::string& commit);
  /// Every row of `check` from that seed, whatever its verdict: of a run's own folder.
  FinishedRows(std::span<const Record> records, std::uint64_t seed);

  /// Kernel, variant, backend, case, data and device: what all schedules of one case share.
  using Group = std::tuple<std::string, std::string, Backend, std::string, std::optional<DataMode>,
                           std::string>;
  static Group group_of(const Record& record);

  bool has(const Record& record) const;
  bool empty() const { return schedules_.empty(); }

 private:
  std::map<Group, std::set<std::optional<std::uint64_t>>> schedules_;
};

}  // namespace kernelgate
