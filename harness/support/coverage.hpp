// Writes and checks the table of README: where each kernel was executed and for what it was
// compiled, from the same runs as docs/support.md.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/support/support_table.hpp"

namespace kernelgate {

inline constexpr std::string_view coverage_begin = "<!-- kernelgate support -->\n";
inline constexpr std::string_view coverage_end = "<!-- end of kernelgate support -->\n";

/// One row per kernel, all its variants together: cases passed on the host, device profiles passed
/// on the source executor, GPU targets that it is compiled for. Devices count if a variant passed
/// there and none failed. GPUs have a column if records have runs on one, otherwise a sentence.
std::string coverage_table(const Registry& registry, std::span<const SupportRow> table,
                           std::span<const Record> records);

/// The page with the table between the markers. Throws BadInput if the page lacks them.
std::string with_coverage(std::string_view page, std::string_view table, const std::string& file);

/// Faults of the table between the markers against this build: a missing or superfluous kernel,
/// another formula, another number of devices, an unknown variant. Other metrics are not checked.
std::vector<std::string> coverage_faults(const Registry& registry, std::string_view page,
                                         const std::string& file);

}  // namespace kernelgate
