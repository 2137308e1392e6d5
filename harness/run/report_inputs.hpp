// Inputs of a report page for `report` and `validate`: rows of records files, compiled metrics.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/report/page.hpp"

namespace kernelgate {

/// The rows of the named records files, and of all records files in and below the named folders.
/// Records files are recognised by their header; other CSV files in folders are skipped. Throws
/// BadInput for a name that does not exist, and for a folder without records files.
std::vector<Record> read_record_files(const std::vector<std::string>& names);

/// The committed compiled metrics of every compiler, from `folder`, by default results/resources;
/// none if the default folder does not exist.
std::vector<CompiledFigure> compiled_figures(const std::string& folder = {});

/// Finds the change points of harness/history, with its default rules.
FindChanges change_finder();

}  // namespace kernelgate
