// Writes and checks docs/support.md: which native variant runs on which device, from runs, as
// Markdown.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/support/support_table.hpp"

namespace kernelgate {

/// The kinds of devices, one table each.
struct DeviceGroup {
  Vendor vendor;
  const char* title;
};
inline constexpr DeviceGroup device_groups[] = {
    {Vendor::nvidia, "NVIDIA"}, {Vendor::amd, "AMD"}, {Vendor::artificial, "Artificial devices"}};
/// "variant", then the profiles of a vendor.
std::vector<std::string> header_of(Vendor vendor);

/// The header of the table of variants, and the text of a determinism claim in it: "yes: sums in a
/// fixed order", "no: float atomics".
std::vector<std::string> variants_header();
std::string determinism_claim_text(const Reproducible& reproducible);

/// The page. `records` are those behind the table, `compilers` the names of the committed metrics.
std::string support_page(std::span<const SupportRow> table, std::span<const Record> records,
                         std::span<const std::string> compilers);

/// Faults of a page against this build's variants and profiles, one line per fault. Empty if each
/// variant has exactly one row and each profile one column, every cell is filled, every determinism
/// claim is the declared one, and claims of reproducible bits are tested. Other metrics are not
/// checked.
std::vector<std::string> support_page_faults(const Registry& registry, std::string_view page);

}  // namespace kernelgate
