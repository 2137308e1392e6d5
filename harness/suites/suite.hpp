// Suites: named lists of cases in CSV files. A suite names lists, a kernel's folder holds them, so
// a new shape is one line of text and a new kernel edits no suite.
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

/// Where suites/ and kernels/<kernel>/cases/ lie: $KERNELGATE_ROOT, else the folder above the
/// program (a build inside the checkout), else ../share/kernelgate beside it (installed).
/// Throws BadInput naming the places tried.
std::filesystem::path data_root();

/// One case of a suite with the variants to run on it. Pointers live as long as the registry.
struct SuiteCase {
  const Kernel* kernel = nullptr;
  std::unique_ptr<Case> shape;
  std::vector<const Variant*> variants;
  bool of_one_variant = false;  // its id named one, so that no other stands beside it
  std::string origin;           // "suites/smoke.csv:3 kernels/linear/cases/smoke.csv:7"
};

/// Reads suites/<name>.csv, or the file itself when `name` ends in .csv. Columns: kernel (a name or
/// *), cases ("@list" for kernels/<kernel>/cases/<list>.csv, or the axes of one case), variants (a
/// name, several joined by ';', or *). With `kernel` = * a kernel without that list is passed over.
/// Throws BadInput naming file, line, column, got and expected.
std::vector<SuiteCase> load_suite(const Registry& registry, const std::filesystem::path& root,
                                  std::string_view name);

/// The text of kernels/<kernel>/cases/<list>.csv and where it lies; no text: there is no such list.
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
