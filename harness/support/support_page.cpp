#include "harness/support/support_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

#include "harness/report/covered.hpp"
#include "harness/report/markdown.hpp"

namespace kernelgate {
namespace {

constexpr const char* legend =
    R"(# Which kernel runs on which device

Written by `kernelgate support` from runs; do not edit. To write it anew:

    kernelgate check --suite smoke --suite edge_shapes --backend kokkos --records runs.csv
    kernelgate check --suite smoke --suite edge_shapes --backend source --records runs.csv
    kernelgate support --records runs.csv --output docs/support.md --readme README.md

A row is a native variant, a column a device profile ([devices.md](devices.md)). Figures count cases, a case being a
shape with its storage type. Nothing here was run on a GPU unless it says `measured`.

| in a cell | means |
| --- | --- |
| `modelled N` | N cases passed on the source executor ([executor-source.md](executor-source.md)), on this profile or on one that covers it, in every data mode and schedule that was run |
| `covered N by D (wW)` | N of these cases: {} |
| `failed N` | N cases got another verdict there |
| `measured N` | N cases passed on such a device itself |
| `unsupported N (n)` | N cases that other devices support are rejected before the launch; note n gives the reason |
| `compiled C/I` | of the I instances that these cases launch here, C are compiled for this very target ([resources.md](resources.md)); artificial devices have no compiler |
| `not run N` | N cases are taken, and no record has them |

)";

/// The notes in the order in which cells refer to them.
class Notes {
 public:
  std::size_t number(const std::string& words) {
    const auto at = std::find(words_.begin(), words_.end(), words);
    if (at == words_.end()) {
      words_.push_back(words);
      return words_.size();
    }
    return static_cast<std::size_t>(at - words_.begin()) + 1;
  }
  std::string text() const {
    std::string text;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      text += fmt::format("{}. {}\n", i + 1, words_[i]);
    }
    return text;
  }

 private:
  std::vector<std::string> words_;
};

std::string cell_text(const SupportRow& row, const SupportCell& cell, const DeviceProfile& profile,
                      Notes& notes) {
  std::vector<std::string> parts;
  if (cell.passed > 0) parts.push_back(fmt::format("modelled {}", cell.passed));
  if (cell.failed > 0) parts.push_back(fmt::format("**failed {}**", cell.failed));
  if (cell.covered > 0)
    parts.push_back(covered_words(cell.covered, cell.covered_failed, cell.covered_by));
  if (cell.measured > 0) parts.push_back(fmt::format("measured {}", cell.measured));
  if (cell.measured_failed > 0) {
    parts.push_back(fmt::format("**failed {} measured**", cell.measured_failed));
  }
  if (cell.refused > 0) {
    std::vector<std::size_t> numbers;
    numbers.reserve(cell.reasons.size());
    for (const std::string& reason : cell.reasons) {
      numbers.push_back(notes.number(fmt::format("{}: {}", row.id(), reason)));
    }
    std::sort(numbers.begin(), numbers.end());
    parts.push_back(fmt::format("unsupported {} ({})", cell.refused, fmt::join(numbers, ", ")));
  }
  if (cell.not_run > 0) parts.push_back(fmt::format("not run {}", cell.not_run));
  if (!cell.instances.empty() && profile.vendor != Vendor::artificial) {
    parts.push_back(cell.compiled == 0
                        ? std::string("not compiled")
                        : fmt::format("compiled {}/{}", cell.compiled, cell.instances.size()));
  }
  if (parts.empty()) return "not run";
  return fmt::format("{}", fmt::join(parts, "<br>"));
}

std::string test_text(const SupportRow& row) {
  if (!row.variant->native->reproducible.bits) return "not compared";
  std::vector<std::string> parts;
  for (const auto& [wave, test] : row.determinism_claims) {
    const bool enough = test.schedules >= schedules_of_a_test;
    const char* verdict = !test.agreed ? "**differ**" : enough ? "agree" : "agree, too few";
    parts.push_back(fmt::format("waves of {}: {} schedules {} ({}, `{}`)", wave, test.schedules,
                                verdict, test.device, test.axes));
  }
  if (parts.empty()) return "not tested";
  return fmt::format("{}", fmt::join(parts, "<br>"));
}

// A case without a dtype axis has fixed types, which its kernel's page lists.
std::string types_text(const SupportRow& row) {
  std::vector<std::string> types;
  types.reserve(row.types.size());
  for (const std::string& type : row.types) types.push_back(type.empty() ? "fixed" : type);
  return types.empty() ? "none" : fmt::format("{}", fmt::join(types, ", "));
}

std::string variants_table(std::span<const SupportRow> table) {
  std::string text = markdown::head(variants_header());
  for (const SupportRow& row : table) {
    text +=
        markdown::line({row.id(), types_text(row), fmt::format("{}", row.cases),
                        determinism_claim_text(row.variant->native->reproducible), test_text(row)});
  }
  return text;
}

std::string runs_table(std::span<const Record> records) {
  struct Run {
    std::string first, last;
    std::int64_t rows = 0;
  };
  std::map<std::array<std::string, 3>, Run> runs;
  for (const Record& r : records) {
    if (r.row != RowKind::check || r.backend == Backend::reference) continue;
    Run& run = runs[{r.environment.commit, std::string(name(r.backend)), r.environment.compiler}];
    if (run.rows == 0 || r.time_utc < run.first) run.first = r.time_utc;
    run.last = std::max(run.last, r.time_utc);
    ++run.rows;
  }
  std::string text = markdown::head({"run from", "to", "commit", "backend", "compiler", "rows"});
  for (const auto& [key, run] : runs) {
    text +=
        markdown::line({run.first, run.last, key[0], key[1], key[2], fmt::format("{}", run.rows)});
  }
  return text;
}

}  // namespace

std::vector<std::string> header_of(Vendor vendor) {
  std::vector<std::string> header{"variant"};
  for (const DeviceProfile& profile : device_profiles()) {
    if (profile.vendor == vendor) header.push_back(profile.name);
  }
  return header;
}

std::vector<std::string> variants_header() {
  return {"variant", "types", "cases", "bits reproducible", "determinism claim tested"};
}

std::string determinism_claim_text(const Reproducible& reproducible) {
  return fmt::format("{}: {}", reproducible.bits ? "yes" : "no", reproducible.why);
}

std::string support_page(std::span<const SupportRow> table, std::span<const Record> records,
                         std::span<const std::string> compilers) {
  std::string page = fmt::format(legend, covered_rule);
  Notes notes;
  for (const DeviceGroup& group : device_groups) {
    page += fmt::format("## {}\n\n{}", group.title, markdown::head(header_of(group.vendor)));
    for (const SupportRow& row : table) {
      std::vector<std::string> cells{row.id()};
      for (std::size_t on = 0; on < row.cells.size(); ++on) {
        const DeviceProfile& profile = device_profiles()[on];
        if (profile.vendor != group.vendor) continue;
        cells.push_back(cell_text(row, row.cells[on], profile, notes));
      }
      page += markdown::line(cells);
    }
    page += "\n";
  }
  page += "## Notes\n\nDEVICE is the profile of the column, TYPE the storage type of the case.\n\n";
  page += notes.text();
  page += fmt::format(
      "\n## Variants\n\nA determinism claim counts as tested if the bits of all tensors agree "
      "under {} or "
      "more "
      "seeded schedules of one case\n([check.md](check.md)).\n\n",
      schedules_of_a_test);
  page += variants_table(table);
  page += "\n## Cases that no device supports\n\n";
  for (const SupportRow& row : table) {
    for (const auto& [reason, cases] : row.refused_everywhere) {
      page += fmt::format("- {}: {} of its cases: {}\n", row.id(), cases, reason);
    }
  }
  page += "\n## Runs\n\n" + runs_table(records);
  page += fmt::format("\nMetrics of provenance compiled: results/resources, {}.\n",
                      compilers.empty() ? "none" : fmt::format("{}", fmt::join(compilers, ", ")));
  return page;
}

}  // namespace kernelgate
