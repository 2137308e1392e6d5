#include "harness/support/coverage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "harness/core/variant_role.hpp"
#include "harness/report/covered.hpp"
#include "harness/report/markdown.hpp"
#include "harness/report/text.hpp"

namespace kernelgate {
namespace {

using markdown::Row;

const Row header{"kernel",
                 "computes",
                 "host: cases passed (measured)",
                 "source executor: devices (modelled)",
                 "compilers: targets (compiled)",
                 "GPU: devices (measured)"};
constexpr std::size_t host_column = 2, native_columns = 3;

/// Cases of one host variant.
struct HostCases {
  std::set<std::string> ran, failed, refused;
};

std::map<std::pair<std::string, std::string>, HostCases> host_cases(
    std::span<const Record> records) {
  std::map<std::pair<std::string, std::string>, HostCases> cases;
  for (const Record& r : records) {
    if (r.row != RowKind::check || r.backend != Backend::kokkos) continue;
    HostCases& of = cases[{r.kernel, r.variant}];
    (r.status == Status::unsupported ? of.refused : of.ran).insert(r.axes);
    if (is_failure(r.status)) of.failed.insert(r.axes);
  }
  return cases;
}

std::string host_words(const std::string& variant, const HostCases& cases) {
  if (cases.ran.empty()) {
    return cases.refused.empty()
               ? variant + " not run"
               : fmt::format("{} none ({} unsupported)", variant, cases.refused.size());
  }
  // A case that is unsupported in one data mode and ran in the other counts as supported.
  const auto refused =
      std::count_if(cases.refused.begin(), cases.refused.end(),
                    [&](const std::string& axes) { return !cases.ran.contains(axes); });
  return fmt::format("{} {}/{}{}", variant, cases.ran.size() - cases.failed.size(),
                     cases.ran.size(),
                     refused == 0 ? "" : fmt::format(" ({} unsupported)", refused));
}

bool passes(const SupportCell& cell) { return cell.passed > 0 && cell.failed == 0; }

/// "native 14 of 15": devices for which `holds` is true, out of those for which `counts` is true.
template <class Counts, class Holds>
std::string device_words(const SupportRow& row, Counts counts, Holds holds) {
  int devices = 0, held = 0;
  for (std::size_t on = 0; on < row.cells.size(); ++on) {
    if (!counts(device_profiles()[on])) continue;
    ++devices;
    held += holds(row.cells[on]);
  }
  return held == 0 ? row.variant->name + " none"
                   : fmt::format("{} {} of {}", row.variant->name, held, devices);
}

/// " (2 run and 15 covered)": the passing devices with a run of their own, and those covered by
/// other runs.
std::string run_and_covered(const SupportRow& row) {
  int run = 0, covered = 0;
  for (const SupportCell& cell : row.cells) {
    if (!passes(cell)) continue;
    ++(cell.has_own_run() ? run : covered);
  }
  return run + covered == 0 ? "" : fmt::format(" ({})", run_and_covered_words(run, covered));
}

void add_native(const SupportRow& row, std::array<std::vector<std::string>, 3>& cells) {
  const auto any = [](const DeviceProfile&) { return true; };
  const auto has_compiler = [](const DeviceProfile& p) { return p.vendor != Vendor::artificial; };
  cells[0].push_back(device_words(row, any, passes) + run_and_covered(row));
  cells[1].push_back(device_words(row, has_compiler, [](const SupportCell& c) {
    return !c.instances.empty() && c.compiled == static_cast<std::int64_t>(c.instances.size());
  }));
  cells[2].push_back(device_words(row, has_compiler, [](const SupportCell& c) {
    return c.measured > 0 && c.measured_failed == 0;
  }));
}

std::string joined(const std::vector<std::string>& words) {
  return words.empty() ? "–" : fmt::format("{}", fmt::join(words, ", "));
}

/// The names in a cell such as "kokkos 7/7, kokkos/cpu not run".
std::set<std::string> names_in(const std::string& cell) {
  std::set<std::string> names;
  for (std::size_t at = 0; cell != "–" && at < cell.size();) {
    const std::size_t end = std::min(cell.find(", ", at), cell.size());
    const std::string word = cell.substr(at, end - at);
    names.insert(word.substr(0, word.find(' ')));
    at = end + 2;
  }
  return names;
}

void hold_names(const std::string& kernel, const std::string& column, const std::string& cell,
                const std::set<std::string>& expected, std::vector<std::string>& faults) {
  std::set<std::string> got = names_in(cell);
  std::erase_if(got, [&](const std::string& name) {  // of a library that this build lacks
    return role_of(name) == VariantRole::baseline && !expected.contains(name);
  });
  if (got == expected) return;
  faults.push_back(fmt::format("row '{}', column '{}': got variants {}, expected {}", kernel,
                               column, fmt::join(got, " "), fmt::join(expected, " ")));
}

void hold_kernel(const Kernel& kernel, const Row& row, std::vector<std::string>& faults) {
  if (row.size() != header.size()) {
    faults.push_back(
        fmt::format("row '{}' has {} cells, expected {}", kernel.name, row.size(), header.size()));
    return;
  }
  if (row[1] != "`" + kernel.formula + "`") {
    faults.push_back(
        fmt::format("row '{}' computes {}, expected `{}`", kernel.name, row[1], kernel.formula));
  }
  std::set<std::string> host, native;
  for (const Variant& v : kernel.variants) {
    if (v.backend == Backend::kokkos) host.insert(v.name);
    if (v.native) native.insert(v.name);
  }
  hold_names(kernel.name, header[host_column], row[host_column], host, faults);
  for (std::size_t i = native_columns; i < header.size(); ++i) {
    hold_names(kernel.name, header[i], row[i], native, faults);
  }
}

constexpr markdown::Markers markers{coverage_begin, coverage_end};

}  // namespace

std::string coverage_table(const Registry& registry, std::span<const SupportRow> table,
                           std::span<const Record> records) {
  const auto host = host_cases(records);
  std::string text = markdown::head(header);
  for (const Kernel& kernel : registry.kernels()) {
    std::vector<std::string> on_host;
    for (const Variant& v : kernel.variants) {
      if (v.backend != Backend::kokkos) continue;
      const auto at = host.find({kernel.name, v.name});
      on_host.push_back(host_words(v.name, at == host.end() ? HostCases{} : at->second));
    }
    std::array<std::vector<std::string>, 3> native;
    for (const SupportRow& row : table) {
      if (row.kernel == kernel.name) add_native(row, native);
    }
    text += markdown::line({kernel.name, "`" + kernel.formula + "`", joined(on_host),
                            joined(native[0]), joined(native[1]), joined(native[2])});
  }
  return text;
}

std::string with_coverage(std::string_view page, std::string_view table, const std::string& file) {
  return markdown::with_part(page, markers, table, file);
}

std::vector<std::string> coverage_faults(const Registry& registry, std::string_view page,
                                         const std::string& file) {
  const auto tables = markdown::tables(markdown::part_between(page, markers, file));
  if (tables.size() != 1 || tables[0][0] != header) return {"no table of kernels and backends"};
  std::vector<std::string> faults;
  std::map<std::string, int> seen;
  for (std::size_t i = 1; i < tables[0].size(); ++i) {
    const Row& row = tables[0][i];
    const std::string name = row.empty() ? "" : row[0];
    const auto kernel = std::find_if(registry.kernels().begin(), registry.kernels().end(),
                                     [&](const Kernel& k) { return k.name == name; });
    if (kernel == registry.kernels().end()) {
      faults.push_back(fmt::format("row '{}' is no kernel of this build", name));
    } else if (++seen[name] == 2) {
      faults.push_back(fmt::format("row '{}' stands twice", name));
    } else {
      hold_kernel(*kernel, row, faults);
    }
  }
  for (const Kernel& kernel : registry.kernels()) {
    if (!seen.contains(kernel.name)) faults.push_back(fmt::format("no row '{}'", kernel.name));
  }
  return faults;
}

}  // namespace kernelgate
