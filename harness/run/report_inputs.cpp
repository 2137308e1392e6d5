#include "harness/run/report_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "harness/core/error.hpp"
#include "harness/core/text_file.hpp"
#include "harness/history/change_points.hpp"
#include "harness/records/record_reader.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

bool has_records_header(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string start(18, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  return without_byte_order_mark(start).starts_with("schema_version,");
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const bool csv = at->path().extension() == ".csv" && at->is_regular_file(error);
    if (csv && has_records_header(at->path())) files.push_back(at->path());
  }
  if (error) throw BadInput(fmt::format("--records {}: {}", folder.string(), error.message()));
  if (files.empty()) {
    throw BadInput(fmt::format(
        "--records {}: expected at least one records file (results/schema.md) in this folder",
        folder.string()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<Record> read_record_files(const std::vector<std::string>& names) {
  std::vector<Record> all;
  for (const std::string& name : names) {
    const std::vector<fs::path> files =
        fs::is_directory(name) ? files_in(name) : std::vector<fs::path>{name};
    for (const fs::path& file : files) {
      RecordFile read = read_records(file);
      if (read.torn) fmt::print(stderr, "{}\n", *read.torn);
      all.insert(all.end(), std::make_move_iterator(read.records.begin()),
                 std::make_move_iterator(read.records.end()));
    }
  }
  return all;
}

std::vector<CompiledFigure> compiled_figures(const std::string& folder) {
  const fs::path path = folder.empty() ? data_root() / "results" / "resources" : fs::path(folder);
  std::vector<CompiledFigure> figures;
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".csv") files.push_back(at->path());
  }
  if (error && !folder.empty()) {
    throw BadInput(fmt::format("--resources {}: {}", folder, error.message()));
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    for (ResourceRow& row : read_baseline(file).value_or(std::vector<ResourceRow>{})) {
      figures.push_back({file.stem().string(), std::move(row)});
    }
  }
  return figures;
}

FindChanges change_finder() {
  return [](std::span<const double> seconds) {
    std::vector<LevelChange> changes;
    for (const history::ChangePoint& at : history::change_points(seconds, {})) {
      changes.push_back({at.first, at.before, at.after});
    }
    return changes;
  };
}

}  // namespace kernelgate
