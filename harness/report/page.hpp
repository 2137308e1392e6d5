// Records as one HTML file that needs nothing else: no server, no network, no other file.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/records/record.hpp"

namespace kernelgate {

/// What the records do not say.
struct PageText {
  std::string title = "kernelgate";
  std::string subtitle;  // e.g. "suite smoke on this host"
  std::string command;   // what the user ran, to make the whole page again; may be empty
  /// How a row is made again.
  std::function<std::string(const Record&)> again = [](const Record& r) {
    return kernelgate::again(r);
  };
};

/// Writes the page: headline, pass matrix, speed with charts, forward results, environment, and how
/// to run each row again. Texts from records cannot become markup or script. Throws BadInput when
/// the file cannot be written.
void write_page(const std::filesystem::path& file, const std::vector<Record>& records,
                const PageText& text);
/// The page as text.
std::string page_html(const std::vector<Record>& records, const PageText& text);

/// Whether this build found Chart.js; without it the page says that its charts are left out.
bool page_has_charts();

}  // namespace kernelgate
