#include "harness/report/pass_matrix.hpp"

#include <map>
#include <set>
#include <tuple>

#include "harness/report/text.hpp"

namespace kernelgate {

PassMatrix pass_matrix(std::span<const Record> records) {
  const auto measured_first = [](const Tier& a, const Tier& b) {
    return std::tie(a.figure, a.name) < std::tie(b.figure, b.name);
  };
  std::set<Tier, decltype(measured_first)> tiers(measured_first);
  std::map<std::tuple<std::string, std::string, Tier>, PassCell> cells;
  for (const Record& record : records) {
    if (record.row != RowKind::check || !is_kernel_row(record)) continue;
    if (record.backend == Backend::reference) continue;
    const Tier tier = tier_of(record);
    tiers.insert(tier);
    PassCell& cell = cells[{record.kernel, record.dtype, tier}];
    cell.kernel = record.kernel;
    cell.dtype = record.dtype;
    cell.tier = tier;
    cell.passed += record.status == Status::passed;
    cell.failed += is_failure(record.status);
    cell.unsupported += record.status == Status::unsupported;
  }
  PassMatrix matrix{{tiers.begin(), tiers.end()}, {}};
  for (auto& [key, cell] : cells) matrix.cells.push_back(std::move(cell));
  return matrix;
}

}  // namespace kernelgate
