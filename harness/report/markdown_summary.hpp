// Records as a Markdown text for a pull request: what passed, what did not, how fast, in one
// screen.
#pragma once

#include <string>
#include <vector>

#include "harness/report/page.hpp"

namespace kernelgate {

/// Verdict, kernels by device, failures with their commands, speed, portability, tokens a second,
/// cache, changes. Long lists are cut and say so, so that the whole stays below what a forge takes
/// in a comment (65,536 characters). Texts of records cannot become Markdown or HTML.
std::string markdown_summary(const std::vector<Record>& records, const PageText& text);

/// `text` in one line, where nothing of it is Markdown or HTML.
std::string markdown_escaped(std::string_view text);

}  // namespace kernelgate
