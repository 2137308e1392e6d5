// Checks a page against the records that it claims to show.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/report/page.hpp"

namespace kernelgate {

/// A page's own description of its content.
struct StatedPage {
  std::string title, subtitle, command;
  std::vector<std::string> left_out, runs;  // runs: ids of the runs whose rows it shows
};

/// Reads the description from a page. Throws BadInput for a file that is not such a page.
StatedPage stated_page(std::string_view page, const std::string& file);

/// Lists the values of the page that differ from the records. Also reports a template, style or
/// script that differs from this build's, because a changed script could show numbers other than
/// its data. Returns at most `most` lines. `text` provides compiled metrics and history; the title,
/// subtitle, command and left-out parts come from the page.
std::vector<std::string> page_faults(std::string_view page, const std::vector<Record>& records,
                                     PageText text, const std::string& file, std::size_t most = 10);

}  // namespace kernelgate
