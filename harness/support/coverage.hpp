// The table of README: what each backend covers, kernel by kernel, from the same runs as
// docs/support.md.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/support/support_table.hpp"

namespace kernelgate {

inline constexpr std::string_view coverage_begin = "<!-- kernelgate support -->\n";
inline constexpr std::string_view coverage_end = "<!-- end of kernelgate support -->\n";

/// A row a kernel: its variants of each backend, with the cases or devices they passed on.
std::string coverage_table(const Registry& registry, std::span<const SupportRow> table,
                           std::span<const Record> records);

/// The page with the table between the markers. Throws BadInput where they are not in it.
std::string with_coverage(std::string_view page, std::string_view table, const std::string& file);

/// What is wrong with the table between the markers against this build: a kernel or a variant that
/// is missing, one too many, another formula. Figures are not looked at.
std::vector<std::string> coverage_faults(const Registry& registry, std::string_view page,
                                         const std::string& file);

}  // namespace kernelgate
