// Tables of Markdown pages: written, and read back where a page is held against a build.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate::markdown {

using Row = std::vector<std::string>;

/// "| a | b |" and a line end. A bar inside a cell is escaped: even in a code span it would end it.
std::string line(const Row& cells);
/// The line and the rule below it.
std::string head(const Row& cells);

/// The lines between which a program writes a part of a page, each with its line end.
struct Markers {
  std::string_view begin, end;
};
/// Return the text between the markers, and the page with `part` in its place. Throw BadInput
/// naming `file` where the markers are not in it.
std::string_view part_between(std::string_view page, Markers markers, const std::string& file);
std::string with_part(std::string_view page, Markers markers, std::string_view part,
                      const std::string& file);

/// Every run of table lines: its header first, the rule left out.
std::vector<std::vector<Row>> tables(std::string_view page);

}  // namespace kernelgate::markdown
