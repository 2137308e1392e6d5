// Records as one HTML file that needs nothing else: no server, no network, no other file.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/records/record.hpp"
#include "harness/report/history_series.hpp"
#include "harness/report/pass_matrix.hpp"
#include "harness/resources/baseline.hpp"

namespace kernelgate {

/// A figure of kind compiled, and the compiler that it is of.
struct CompiledFigure {
  std::string compiler;  // "clang-22.1.8"
  ResourceRow row;
};

/// What the records do not say.
struct PageText {
  std::string title = "kernelgate";
  std::string subtitle;               // e.g. "suite smoke on this host"
  std::string command;                // what makes the whole page again; may be empty
  std::vector<std::string> left_out;  // parts that did not run, each with its reason
  /// How a row is made again.
  std::function<std::string(const Record&)> again = [](const Record& r) {
    return kernelgate::again(r);
  };
  /// Other devices that a row's verdict holds for; empty: the matrix shows runs alone.
  CoveredDevices covers;
  std::vector<Record> earlier;  // rows of earlier runs, for the history alone
  FindChanges find_changes;     // empty: the history goes without
  std::vector<CompiledFigure> compiled;
};

/// Writes the page: pass matrix, cases, whole model, cache, speed, portability, history, compiled
/// figures, environment, and how to run each row again. Texts from records cannot become markup or
/// script. Throws BadInput when the file cannot be written.
void write_page(const std::filesystem::path& file, const std::vector<Record>& records,
                const PageText& text);
/// The page as text.
std::string page_html(const std::vector<Record>& records, const PageText& text);

/// Whether this build found Chart.js; without it the page says that its charts are left out.
bool page_has_charts();

/// Of rows that state the same (case, device, data, seed, schedule, cache, machine) the latest, in
/// the order of the file: a page shows what holds now. Rows of comparisons have a report of their
/// own.
std::vector<Record> latest_rows(std::span<const Record> records);

}  // namespace kernelgate
