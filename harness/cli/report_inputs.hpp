// What `report` and `validate` put into a page: rows of records files, compiled figures.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/report/page.hpp"

namespace kernelgate {

/// The rows of records files: of each file named, and of every one in each folder named and below
/// it (known by its header; other CSV files are passed over). Throws BadInput for a name that is
/// neither, and for a folder without one.
std::vector<Record> read_record_files(const std::vector<std::string>& names);

/// The committed figures of every compiler, from results/resources; none where there is no such
/// folder, unless `folder` names one.
std::vector<CompiledFigure> compiled_figures(const std::string& folder = {});

/// harness/history's change points, with its usual rules.
FindChanges change_finder();

}  // namespace kernelgate
