// Checks a committed page against the current build: the reading half of support_page.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/report/markdown.hpp"
#include "harness/support/support_page.hpp"

namespace kernelgate {
namespace {

using markdown::Row;
using Faults = std::vector<std::string>;

/// The native variants by row name.
std::map<std::string, const Variant*> expected_rows(const Registry& registry) {
  std::map<std::string, const Variant*> rows;
  for (const Kernel& kernel : registry.kernels()) {
    for (const Variant& v : kernel.variants) {
      if (v.native) rows.emplace(kernel.name + "/" + v.name, &v);
    }
  }
  return rows;
}

/// Checks that each variant has one row, without others, and that every cell is filled.
void hold_rows(const std::string& title, const std::vector<Row>& table,
               const std::map<std::string, const Variant*>& expected, Faults& faults) {
  std::map<std::string, int> seen;
  for (std::size_t i = 1; i < table.size(); ++i) {
    const Row& row = table[i];
    const std::string name = row.empty() ? "" : row[0];
    if (!expected.contains(name)) {
      faults.push_back(fmt::format("{}: row '{}' is no native variant of this build", title, name));
    } else if (++seen[name] == 2) {
      faults.push_back(fmt::format("{}: row '{}' occurs twice", title, name));
    }
    if (row.size() != table[0].size()) {
      faults.push_back(fmt::format("{}: row '{}' has {} cells, expected {}", title, name,
                                   row.size(), table[0].size()));
    } else if (std::find(row.begin(), row.end(), "") != row.end()) {
      faults.push_back(fmt::format("{}: row '{}' has an empty cell", title, name));
    }
  }
  for (const auto& [name, variant] : expected) {
    if (!seen.contains(name)) faults.push_back(fmt::format("{}: no row '{}'", title, name));
  }
}

// Whether the text is what support_page() writes if every wave width that ran agrees under enough
// schedules.
bool says_tested(const std::string& words) {
  for (const char* fault : {"too few", "differ", "not tested"}) {
    if (words.find(fault) != std::string::npos) return false;
  }
  return words.find(" schedules agree (") != std::string::npos;
}

void hold_determinism_claims(const std::vector<Row>& table,
                             const std::map<std::string, const Variant*>& expected,
                             Faults& faults) {
  constexpr std::size_t determinism_claim = 3, test = 4;  // columns of variants_header()
  for (const Row& row : table) {
    const auto at = row.size() > test ? expected.find(row[0]) : expected.end();
    if (at == expected.end()) continue;
    if (at->second->native->reproducible.bits && !says_tested(row[test])) {
      faults.push_back(fmt::format(
          "variants: row '{}' declares reproducible bits, and their test says '{}', expected {} "
          "schedules that agree at each wave width",
          row[0], row[test], schedules_of_a_test));
    }
    const std::string declared = determinism_claim_text(at->second->native->reproducible);
    if (row[determinism_claim] == declared) continue;
    faults.push_back(
        fmt::format("variants: row '{}' has the determinism claim '{}', declared is '{}'", row[0],
                    row[determinism_claim], declared));
  }
}

}  // namespace

std::vector<std::string> support_page_faults(const Registry& registry, std::string_view page) {
  Faults faults;
  const std::map<std::string, const Variant*> expected = expected_rows(registry);
  const std::vector<std::vector<Row>> tables = markdown::tables(page);
  const auto with_header = [&](const Row& header) {
    return std::find_if(tables.begin(), tables.end(),
                        [&](const std::vector<Row>& table) { return table[0] == header; });
  };
  for (const DeviceGroup& group : device_groups) {
    const auto table = with_header(header_of(group.vendor));
    if (table != tables.end()) {
      hold_rows(group.title, *table, expected, faults);
      continue;
    }
    std::string header = markdown::line(header_of(group.vendor));
    header.pop_back();
    faults.push_back(fmt::format("{}: no table with the header '{}'", group.title, header));
  }
  const auto variants = with_header(variants_header());
  if (variants == tables.end()) {
    faults.push_back("variants: no table of them");
  } else {
    hold_rows("variants", *variants, expected, faults);
    hold_determinism_claims(*variants, expected, faults);
  }
  return faults;
}

}  // namespace kernelgate
