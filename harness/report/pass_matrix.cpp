#include "harness/report/pass_matrix.hpp"

#include <map>
#include <set>
#include <tuple>

#include "harness/report/text.hpp"

namespace kernelgate {
namespace {

bool in_matrix(const Record& record) {
  return record.row == RowKind::check && is_kernel_row(record) &&
         record.backend != Backend::reference;
}

/// Kernel, variant, axes and tier of a run.
using RunKey = std::tuple<std::string, std::string, std::string, Tier>;
RunKey run_key(const Record& record, const Tier& tier) {
  return {record.kernel, record.variant, record.axes, tier};
}

}  // namespace

PassMatrix pass_matrix(std::span<const Record> records, const CoveredDevices& covers) {
  const auto measured_first = [](const Tier& a, const Tier& b) {
    return std::tie(a.provenance, a.name) < std::tie(b.provenance, b.name);
  };
  std::set<Tier, decltype(measured_first)> tiers(measured_first);
  std::map<std::tuple<std::string, std::string, Tier>, PassCell> cells;
  const auto cell_of = [&](const Record& record, const Tier& tier) -> PassCell& {
    tiers.insert(tier);
    PassCell& cell = cells[{record.kernel, record.dtype, tier}];
    cell.kernel = record.kernel;
    cell.dtype = record.dtype;
    cell.tier = tier;
    return cell;
  };
  std::set<RunKey> runs;
  for (const Record& record : records) {
    if (!in_matrix(record)) continue;
    const Tier tier = tier_of(record);
    PassCell& cell = cell_of(record, tier);
    cell.passed += record.status == Status::passed;
    cell.failed += is_failure(record.status);
    cell.unsupported += record.status == Status::unsupported;
    if (record.status != Status::unsupported) runs.insert(run_key(record, tier));
  }
  for (const Record& record : records) {
    if (!covers || !in_matrix(record) || record.status == Status::unsupported) continue;
    for (const std::string& device : covers(record)) {
      const Tier tier{device, record.provenance};
      if (runs.contains(run_key(record, tier))) continue;
      PassCell& cell = cell_of(record, tier);
      ++(record.status == Status::passed ? cell.covered_passed : cell.covered_failed);
      cell.covered_by.insert(record.device);
    }
  }
  PassMatrix matrix{{tiers.begin(), tiers.end()}, {}};
  for (auto& [key, cell] : cells) matrix.cells.push_back(std::move(cell));
  return matrix;
}

}  // namespace kernelgate
