// The generated tables of docs/performance.md: portable, tuned and vendor code side by side, from
// records.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/records/record.hpp"
#include "harness/report/markdown.hpp"

namespace kernelgate {

/// The lines of a page between which the tables stand.
inline constexpr markdown::Markers performance_markers{"<!-- kernelgate report -->\n",
                                                       "<!-- end of kernelgate report -->\n"};

/// What was measured where; every timed case of each tier with portable, tuned and vendor code; by
/// kernel their speed, efficiency and performance portability. Of several rows of one case the
/// latest counts. Throws BadInput where no case is timed, and where the rows of a case come from
/// several runs, because their samples were not interleaved.
std::string performance_tables(std::span<const Record> records);

/// "page.md:12: got '…', expected '…'": the first line between the markers of `page` that differs
/// from `tables`; nothing where none does. Throws BadInput for a page without the markers.
std::optional<std::string> performance_fault(std::string_view page, std::string_view tables,
                                             const std::string& file);

}  // namespace kernelgate
