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

/// Every run of table lines: its header first, the rule left out.
std::vector<std::vector<Row>> tables(std::string_view page);

}  // namespace kernelgate::markdown
