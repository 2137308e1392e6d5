#include "harness/run/finished_rows.hpp"

namespace kernelgate {

FinishedRows::FinishedRows(std::span<const Record> records, std::uint64_t seed,
                           const std::string& commit) {
  if (commit.ends_with("-dirty")) return;
  for (const Record& record : records) {
    const bool fine = record.status == Status::passed || record.status == Status::unsupported;
    const bool same =
        record.row == RowKind::check && record.seed == seed && record.environment.commit == commit;
    if (fine && same) schedules_[group_of(record)].insert(record.schedule_seed);
  }
}

FinishedRows::FinishedRows(std::span<const Record> records, std::uint64_t seed) {
  for (const Record& record : records) {
    if (record.row != RowKind::check || record.seed != seed) continue;
    schedules_[group_of(record)].insert(record.schedule_seed);
  }
}

FinishedRows::Group FinishedRows::group_of(const Record& record) {
  return {record.kernel, record.variant, record.backend, record.axes, record.data, record.device};
}

bool FinishedRows::has(const Record& record) const {
  const auto at = schedules_.find(group_of(record));
  return at != schedules_.end() && at->second.contains(record.schedule_seed);
}

}  // namespace kernelgate
