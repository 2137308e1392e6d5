// Suites: named lists of cases in CSV files. A suite refers to lists that the kernels' folders
// contain, so a new shape is one line of text and a new kernel edits no suite.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// The folder that contains suites/ and kernels/<kernel>/cases/: $KERNELGATE_ROOT, else the folder
/// above the program (a build inside the checkout), else ../share/kernelgate beside it (installed).
/// Throws BadInput naming the folders tried.
std::filesystem::path data_root();

/// One case of a suite with the variants to run on it. Pointers are valid as long as the registry.
struct SuiteCase {
  const Kernel* kernel = nullptr;
  std::unique_ptr<Case> shape;
  std::vector<const Variant*> variants;
  bool of_one_variant = false;  // its id names one variant, so no others are run beside it
  std::string origin;           // "suites/smoke.csv:3 kernels/linear/cases/smoke.csv:7"
};

/// Reads suites/<name>.csv, or the file itself when `name` ends in .csv. Columns: kernel (a name or
/// *), cases ("@list" for kernels/<kernel>/cases/<list>.csv, or the axes of one case), variants (a
/// name, several joined by ';', or *). With `kernel` = *, kernels without that list are skipped.
/// Throws BadInput naming file, line, column, got and expected.
std::vector<SuiteCase> load_suite(const Registry& registry, const std::filesystem::path& root,
                                  std::string_view name);

/// The path and text of kernels/<kernel>/cases/<list>.csv; no text if the list does not exist.
struct CaseList {
  std::filesystem::path file;
  std::optional<std::string> text;
};
using FindList = std::function<CaseList(const std::string& kernel, const std::string& list)>;

/// The same from text in memory; `file` names it in messages.
std::vector<SuiteCase> parse_suite(const Registry& registry, std::string_view text,
                                   const std::filesystem::path& file, const FindList& find_list);

/// The names of the suites under `root`, sorted.
std::vector<std::string> suite_names(const std::filesystem::path& root);

}  // namespace kernelgate
