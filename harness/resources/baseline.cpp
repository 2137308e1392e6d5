#include "harness/resources/baseline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <tuple>

#include "harness/core/csv_table.hpp"
#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

struct Metric {
  const char* name;
  std::int64_t ResourceRow::*member;
  bool more_is_worse;
};
constexpr std::array metrics{
    Metric{"registers", &ResourceRow::registers, true},
    Metric{"spilled", &ResourceRow::spilled, true},
    Metric{"scalars in lanes", &ResourceRow::scalars_in_lanes, true},
    Metric{"scratch", &ResourceRow::scratch, true},
    Metric{"LDS", &ResourceRow::lds_bytes, true},
    Metric{"waves", &ResourceRow::waves, false},
};

}  // namespace

ResourceChange change_between(const ResourceRow& before, const ResourceRow& now) {
  ResourceChange result;
  bool worse = false;
  for (const Metric& metric : metrics) {
    const std::int64_t was = before.*metric.member, is = now.*metric.member;
    if (was == is) continue;
    worse = worse || (is > was) == metric.more_is_worse;
    result.words +=
        fmt::format("{}{} {} -> {}", result.words.empty() ? "" : ", ", metric.name, was, is);
  }
  if (!result.words.empty()) {
    result.change = worse ? Change::worse : Change::better;
  } else if (before.code != now.code) {
    result = {Change::code_alone, fmt::format("code {} -> {}", before.code, now.code)};
  }
  return result;
}

ResourceChange compare_with(std::span<const ResourceRow> baseline, const ResourceRow& now) {
  const auto before = std::find_if(baseline.begin(), baseline.end(), [&](const ResourceRow& row) {
    return row.kernel == now.kernel && row.profile == now.profile;
  });
  if (before == baseline.end()) return {Change::added, "not in the baseline"};
  return change_between(*before, now);
}

std::string baseline_file_name(const std::string& compiler, const std::string& version) {
  return fmt::format("{}-{}.csv", compiler, version);
}

std::optional<std::vector<ResourceRow>> read_baseline(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  std::vector<ResourceRow> rows;
  read_csv_file(file,
                {"kernel", "profile", "registers", "spilled", "scalars_in_lanes", "scratch",
                 "lds_bytes", "waves", "code"},
                [&](const CsvRow& row) {
                  rows.push_back({.kernel = row[0],
                                  .profile = row[1],
                                  .registers = row.number(2),
                                  .spilled = row.number(3),
                                  .scalars_in_lanes = row.number(4),
                                  .scratch = row.number(5),
                                  .lds_bytes = row.number(6),
                                  .waves = row.number(7),
                                  .code = row[8]});
                });
  return rows;
}

void write_baseline(const fs::path& file, std::vector<ResourceRow> rows) {
  std::sort(rows.begin(), rows.end(), [](const ResourceRow& a, const ResourceRow& b) {
    return std::tie(a.kernel, a.profile) < std::tie(b.kernel, b.profile);
  });
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  std::ofstream out(file);
  out << "# What this compiler made of each kernel: kernelgate resources --update-baseline "
         "(docs/resources.md).\n"
         "kernel,profile,registers,spilled,scalars_in_lanes,scratch,lds_bytes,waves,code\n";
  for (const ResourceRow& row : rows) {
    out << fmt::format("\"{}\",{},{},{},{},{},{},{},{}\n", row.kernel, row.profile, row.registers,
                       row.spilled, row.scalars_in_lanes, row.scratch, row.lds_bytes, row.waves,
                       row.code);
  }
  out.close();
  if (!out) throw BadInput(fmt::format("{}: cannot be written", file.string()));
}

}  // namespace kernelgate
