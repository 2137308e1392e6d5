// Holds a page against the records that it says it shows: a page is worth what its records are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/report/page.hpp"

namespace kernelgate {

/// What a page says of itself.
struct StatedPage {
  std::string title, subtitle, command;
  std::vector<std::string> left_out, runs;  // runs: ids of those whose rows it shows
};

/// Throws BadInput for a file that is no such page.
StatedPage stated_page(std::string_view page, const std::string& file);

/// Each figure of the page that is not the records', and whether template, style and scripts are
/// this build's: a script that shows other numbers than it was given would be found there. At most
/// `most` lines. `text` gives compiled figures and history; what the page says of itself is taken
/// from it.
std::vector<std::string> page_faults(std::string_view page, const std::vector<Record>& records,
                                     PageText text, const std::string& file, std::size_t most = 10);

}  // namespace kernelgate
