// Writes tables of Markdown pages, and parses them when a page is checked against a build.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate::markdown {

using Row = std::vector<std::string>;

/// "| a | b |" and a line end. A bar inside a cell is escaped, because it would end the cell even
/// in a code span.
std::string line(const Row& cells);
/// The header line and the separator line below it.
std::string head(const Row& cells);

/// The marker lines around the generated part of a page, each with its line end.
struct Markers {
  std::string_view begin, end;
};
/// part_between() returns the text between the markers, with_part() the page with `part` in its
/// place. Both throw BadInput with `file` if the page lacks the markers.
std::string_view part_between(std::string_view page, Markers markers, const std::string& file);
std::string with_part(std::string_view page, Markers markers, std::string_view part,
                      const std::string& file);

/// All tables of a page: each with its header row first and without the separator line.
std::vector<std::vector<Row>> tables(std::string_view page);

}  // namespace kernelgate::markdown
