// Generates the tables of docs/performance.md from records: portable, tuned and vendor code side by
// side.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/records/record.hpp"
#include "harness/report/markdown.hpp"

namespace kernelgate {

/// The marker lines of a page around the tables.
inline constexpr markdown::Markers performance_markers{"<!-- kernelgate report -->\n",
                                                       "<!-- end of kernelgate report -->\n"};

/// Tables of the machines measured, of every timed case of each tier with portable, tuned and
/// vendor code, and of speed, efficiency and performance portability by kernel. Of several rows of
/// one case the latest counts. Throws BadInput if no case is timed, or if the rows of a case come
/// from several runs, because their samples were not interleaved.
std::string performance_tables(std::span<const Record> records);

/// "page.md:12: got '…', expected '…'" for the first line between the markers of `page` that
/// differs from `tables`; absent if none differs. Throws BadInput for a page without the markers.
std::optional<std::string> performance_fault(std::string_view page, std::string_view tables,
                                             const std::string& file);

}  // namespace kernelgate
