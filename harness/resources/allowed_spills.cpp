#include "harness/resources/allowed_spills.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/csv_table.hpp"
#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

bool spills(const ResourceRow& row) { return row.spilled != 0 || row.scratch != 0; }

bool names(const AllowedSpill& allowance, const ResourceRow& row) {
  return allowance.kernel == row.kernel && allowance.profile == row.profile;
}

}  // namespace

std::vector<AllowedSpill> read_allowed_spills(const fs::path& file) {
  std::vector<AllowedSpill> allowed;
  const auto add = [&](const CsvRow& of) {
    const AllowedSpill row{of[0], of[1], of.number(2), of.number(3), of[4]};
    if (row.reason.empty()) {
      throw BadInput(fmt::format("{}: {} for {} may spill, and no reason is given", file.string(),
                                 row.kernel, row.profile));
    }
    if (row.spilled < 0 || row.scratch < 0 || row.spilled + row.scratch == 0) {
      throw BadInput(fmt::format(
          "{}: {} for {}: expected a spill to allow, got {} spilled and {} B of scratch",
          file.string(), row.kernel, row.profile, row.spilled, row.scratch));
    }
    allowed.push_back(row);
  };
  read_csv_file(file, {"kernel", "profile", "spilled", "scratch", "reason"}, add);
  return allowed;
}

std::vector<AllowedSpill> all_allowed_spills(const fs::path& source) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& kernel : fs::directory_iterator(source / "kernels")) {
    const fs::path list = kernel.path() / "spills.csv";
    if (fs::exists(list)) files.push_back(list);
  }
  std::sort(files.begin(), files.end());
  std::vector<AllowedSpill> all;
  for (const fs::path& file : files) {
    const std::vector<AllowedSpill> some = read_allowed_spills(file);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<std::string> refused_spills(std::span<const ResourceRow> rows,
                                        std::span<const AllowedSpill> allowed) {
  std::vector<std::string> refused;
  for (const ResourceRow& row : rows) {
    if (!spills(row)) continue;
    const auto own = std::find_if(allowed.begin(), allowed.end(),
                                  [&](const AllowedSpill& a) { return names(a, row); });
    const AllowedSpill most = own == allowed.end() ? AllowedSpill{} : *own;
    if (row.spilled <= most.spilled && row.scratch <= most.scratch) continue;
    refused.push_back(
        fmt::format("{} for {}: got {} spilled and {} B of scratch, allowed {} and {} B; rerun "
                    "with: kernelgate resources --device {}",
                    row.kernel, row.profile, row.spilled, row.scratch, most.spilled, most.scratch,
                    row.profile));
  }
  for (const AllowedSpill& allowance : allowed) {
    const bool needed = std::any_of(rows.begin(), rows.end(), [&](const ResourceRow& row) {
      return names(allowance, row) && spills(row);
    });
    if (needed) continue;
    refused.push_back(
        fmt::format("{} for {} may spill, and does not: please remove it from the list",
                    allowance.kernel, allowance.profile));
  }
  return refused;
}

}  // namespace kernelgate
