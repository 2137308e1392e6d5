#include "harness/support/coverage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "harness/core/variant_role.hpp"
#include "harness/report/markdown.hpp"
#include "harness/report/text.hpp"

namespace kernelgate {
namespace {

using markdown::Row;

const Row header{"kernel", "computes", "host: cases passed", "source executor: profiles passed",
                 "compiled for GPU targets"};
/// Follows `header` once a kernel was run on a GPU.
const std::string gpu_column = "GPU: devices passed";
constexpr std::string_view idle_words = " (not run: ";
constexpr std::size_t host_column = 2, source_column = 3, compiled_column = 4;

bool is_native(const Variant& v) { return v.native.has_value(); }
/// A variant of this project for the host. A vendor's library covers no kernel.
bool is_on_host(const Variant& v) {
  return v.backend == Backend::kokkos && role_of(v.name) != VariantRole::baseline;
}
bool is_any(const DeviceProfile&) { return true; }
bool is_gpu(const DeviceProfile& p) { return p.vendor != Vendor::artificial; }

/// "43/43 (not run: kokkos/cpu-amx)": the cases that passed on every variant of those that ran, and
/// the variants without a run.
std::string host_words(const Kernel& kernel, std::span<const Record> records) {
  std::set<std::string> ran, failed, idle;
  for (const Variant& v : kernel.variants) {
    if (is_on_host(v)) idle.insert(v.name);
  }
  if (idle.empty()) return "–";
  for (const Record& r : records) {
    if (r.row != RowKind::check || r.backend != Backend::kokkos || r.kernel != kernel.name ||
        r.status == Status::unsupported || role_of(r.variant) == VariantRole::baseline) {
      continue;
    }
    idle.erase(r.variant);
    ran.insert(r.axes);
    if (is_failure(r.status)) failed.insert(r.axes);
  }
  return fmt::format("{}/{}{}", ran.size() - failed.size(), ran.size(),
                     idle.empty() ? "" : fmt::format("{}{})", idle_words, fmt::join(idle, ", ")));
}

/// The cells of a kernel's native variants on one device.
using Cells = std::vector<const SupportCell*>;

/// The cells of `kernel` by device, in the order of device_profiles().
std::vector<Cells> cells_of(const std::string& kernel, std::span<const SupportRow> table) {
  std::vector<Cells> devices(device_profiles().size());
  for (const SupportRow& row : table) {
    if (row.kernel != kernel) continue;
    for (std::size_t on = 0; on < devices.size(); ++on) devices[on].push_back(&row.cells[on]);
  }
  return devices;
}

bool passes(const Cells& cells) {
  return std::any_of(cells.begin(), cells.end(), [](auto* c) { return c->passed > 0; }) &&
         std::all_of(cells.begin(), cells.end(), [](auto* c) { return c->failed == 0; });
}

bool runs(const Cells& cells) {
  return std::any_of(cells.begin(), cells.end(), [](auto* c) { return c->has_own_run(); });
}

bool is_compiled(const Cells& cells) {
  std::size_t instances = 0;
  std::int64_t compiled = 0;
  for (const SupportCell* cell : cells) {
    instances += cell->instances.size();
    compiled += cell->compiled;
  }
  return instances > 0 && compiled == static_cast<std::int64_t>(instances);
}

bool is_measured(const Cells& cells) {
  return std::any_of(cells.begin(), cells.end(), [](auto* c) { return c->measured > 0; }) &&
         std::all_of(cells.begin(), cells.end(), [](auto* c) { return c->measured_failed == 0; });
}

using Counts = bool (*)(const DeviceProfile&);

std::int64_t total_of(Counts counts) {
  return std::count_if(device_profiles().begin(), device_profiles().end(), counts);
}

/// "14/15": devices for which `holds` is true, out of those for which `counts` is true.
template <class Holds>
std::string device_words(const std::vector<Cells>& devices, Counts counts, Holds holds) {
  std::int64_t held = 0;
  for (std::size_t on = 0; on < devices.size(); ++on) {
    held += counts(device_profiles()[on]) && holds(devices[on]);
  }
  return fmt::format("{}/{}", held, total_of(counts));
}

/// The number behind the bar of "14/15 (2 run)"; empty if there is none.
std::string total_in(const std::string& cell) {
  const std::size_t bar = cell.find('/');
  if (bar == std::string::npos) return {};
  return cell.substr(bar + 1, cell.find(' ', bar) - bar - 1);
}

/// The variants in "43/43 (not run: kokkos/cpu, kokkos/cpu-amx)".
std::vector<std::string> idle_in(const std::string& cell) {
  std::vector<std::string> names;
  std::size_t at = cell.find(idle_words);
  if (at == std::string::npos) return names;
  at += idle_words.size();
  while (at < cell.size()) {
    const std::size_t end = std::min(cell.find_first_of(",)", at), cell.size());
    names.push_back(cell.substr(at, end - at));
    at = end + 2;
  }
  return names;
}

void hold_total(const Kernel& kernel, const Row& row, std::size_t column, Counts counts,
                std::vector<std::string>& faults) {
  const bool native = std::any_of(kernel.variants.begin(), kernel.variants.end(), is_native);
  const std::string expected = native ? std::to_string(total_of(counts)) : "";
  if (total_in(row[column]) == expected) return;
  faults.push_back(fmt::format("row '{}', column '{}': got '{}', expected {} devices", kernel.name,
                               header[column], row[column], native ? expected : "no"));
}

void hold_kernel(const Kernel& kernel, const Row& row, std::vector<std::string>& faults) {
  if (row.size() < header.size() || row.size() > header.size() + 1) {
    faults.push_back(
        fmt::format("row '{}' has {} cells, expected {}", kernel.name, row.size(), header.size()));
    return;
  }
  if (row[1] != "`" + kernel.formula + "`") {
    faults.push_back(
        fmt::format("row '{}' computes {}, expected `{}`", kernel.name, row[1], kernel.formula));
  }
  const auto& variants = kernel.variants;
  if (std::any_of(variants.begin(), variants.end(), is_on_host) ==
      total_in(row[host_column]).empty()) {
    faults.push_back(fmt::format("row '{}', column '{}': got '{}'", kernel.name,
                                 header[host_column], row[host_column]));
  }
  for (const std::string& name : idle_in(row[host_column])) {
    if (std::none_of(variants.begin(), variants.end(),
                     [&](const Variant& v) { return is_on_host(v) && v.name == name; })) {
      faults.push_back(
          fmt::format("row '{}' names '{}', which is no variant of this build", kernel.name, name));
    }
  }
  hold_total(kernel, row, source_column, is_any, faults);
  hold_total(kernel, row, compiled_column, is_gpu, faults);
}

constexpr markdown::Markers markers{coverage_begin, coverage_end};

}  // namespace

std::string coverage_table(const Registry& registry, std::span<const SupportRow> table,
                           std::span<const Record> records) {
  const bool on_gpu = std::any_of(table.begin(), table.end(), [](const SupportRow& row) {
    return std::any_of(row.cells.begin(), row.cells.end(),
                       [](const SupportCell& c) { return c.measured + c.measured_failed > 0; });
  });
  Row head = header;
  if (on_gpu) head.push_back(gpu_column);
  std::string text = markdown::head(head);
  for (const Kernel& kernel : registry.kernels()) {
    Row row{kernel.name, "`" + kernel.formula + "`", host_words(kernel, records), "–", "–"};
    if (on_gpu) row.push_back("–");
    if (std::any_of(kernel.variants.begin(), kernel.variants.end(), is_native)) {
      const std::vector<Cells> devices = cells_of(kernel.name, table);
      row[source_column] = fmt::format(
          "{} ({} run)", device_words(devices, is_any, passes),
          std::count_if(devices.begin(), devices.end(),
                        [](const Cells& cells) { return passes(cells) && runs(cells); }));
      row[compiled_column] = device_words(devices, is_gpu, is_compiled);
      if (on_gpu) row.back() = device_words(devices, is_gpu, is_measured);
    }
    text += markdown::line(row);
  }
  return text + (on_gpu ? "" : "\nNo kernel was run on a GPU.\n");
}

std::string with_coverage(std::string_view page, std::string_view table, const std::string& file) {
  return markdown::with_part(page, markers, table, file);
}

std::vector<std::string> coverage_faults(const Registry& registry, std::string_view page,
                                         const std::string& file) {
  const auto tables = markdown::tables(markdown::part_between(page, markers, file));
  Row with_gpu = header;
  with_gpu.push_back(gpu_column);
  if (tables.size() != 1 || (tables[0][0] != header && tables[0][0] != with_gpu)) {
    return {"no table of kernels and backends"};
  }
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
      faults.push_back(fmt::format("row '{}' occurs twice", name));
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
