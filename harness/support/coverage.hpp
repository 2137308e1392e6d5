// Writes and checks the table of README: the coverage of each backend, kernel by kernel, from the
// same runs as docs/support.md.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/support/support_table.hpp"

namespace kernelgate {

inline constexpr std::string_view coverage_begin = "<!-- kernelgate support -->\n";
inline constexpr std::string_view coverage_end = "<!-- end of kernelgate support -->\n";

/// One row per kernel: its variants of each backend, with the cases or devices on which they
/// passed.
std::string coverage_table(const Registry& registry, std::span<const SupportRow> table,
                           std::span<const Record> records);

/// The page with the table between the markers. Throws BadInput if the page lacks them.
std::string with_coverage(std::string_view page, std::string_view table, const std::string& file);

/// Faults of the table between the markers against this build: a missing or superfluous kernel or
/// variant, another formula. Metrics are not checked.
std::vector<std::string> coverage_faults(const Registry& registry, std::string_view page,
                                         const std::string& file);

}  // namespace kernelgate
