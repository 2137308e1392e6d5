// Renders records as one self-contained HTML file: no server, no network, no other file.
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

/// Compiled metrics of one kernel instance, with the compiler that produced them.
struct CompiledFigure {
  std::string compiler;  // "clang-22.1.8"
  ResourceRow row;
};

/// Content of the page that is not in the records.
struct PageText {
  std::string title = "kernelgate";
  std::string subtitle;               // e.g. "suite smoke on this host"
  std::string command;                // reproduces the whole page; may be empty
  std::vector<std::string> left_out;  // parts that did not run, each with its reason
  /// Returns the reproduction command of a row.
  std::function<std::string(const Record&)> repro_command = [](const Record& r) {
    return kernelgate::repro_command(r);
  };
  /// Other devices that a row's verdict holds for; empty: the matrix shows only runs.
  CoveredDevices covers;
  std::vector<Record> earlier;  // rows of earlier runs, used only for the history
  FindChanges find_changes;     // empty: the history shows no changes
  std::vector<CompiledFigure> compiled;
};

/// Writes the page: pass matrix, cases, whole model, cache, speed, portability, history, compiled
/// metrics, environment, and the reproduction command of each row. Texts from records are escaped,
/// so they cannot become markup or script. Throws BadInput if the file cannot be written.
void write_page(const std::filesystem::path& file, const std::vector<Record>& records,
                const PageText& text);
/// The page as text.
std::string page_html(const std::vector<Record>& records, const PageText& text);

/// Whether this build found Chart.js. Without it the page states that its charts are left out.
bool page_has_charts();

/// The latest row of each case, device, data, seed, schedule, cache and machine, in the order of
/// the file, so that a page shows the current state. `round` rows are left out, because comparisons
/// have a report of their own.
std::vector<Record> latest_rows(std::span<const Record> records);

}  // namespace kernelgate
