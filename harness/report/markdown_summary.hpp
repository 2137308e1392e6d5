// Summarises records as Markdown for a pull request: what passed, what failed and how fast, on one
// screen.
#pragma once

#include <string>
#include <vector>

#include "harness/report/page.hpp"

namespace kernelgate {

/// Verdict, kernels by device, failures with their reproduction commands, speed, portability,
/// tokens per second, cache, changes. Long lists are cut with a note, so that the text stays below
/// a forge's limit for comments (65,536 characters). Texts of records are escaped, so they cannot
/// become Markdown or HTML.
std::string markdown_summary(const std::vector<Record>& records, const PageText& text);

/// `text` on one line, with every character escaped that Markdown or HTML would interpret.
std::string markdown_escaped(std::string_view text);

}  // namespace kernelgate
