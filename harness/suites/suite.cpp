#include "harness/suites/suite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "harness/core/csv_table.hpp"
#include "harness/core/text_file.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

fs::path program_folder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

std::vector<const Variant*> choose_variants(const Kernel& kernel, std::string_view text,
                                            const CsvPlace& place) {
  std::vector<const Variant*> list;
  if (text == "*") {
    for (const Variant& v : kernel.variants) list.push_back(&v);
    return list;
  }
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(';'));
    text = name.size() == text.size() ? std::string_view{} : text.substr(name.size() + 1);
    if (kernel.find_variant(name) == nullptr) {
      std::string known = "one of *";
      for (const Variant& v : kernel.variants) known += " " + v.name;
      refuse_field(place, "variants", name, known);
    }
    for (const Variant& v : kernel.variants) {
      if (v.name == name) list.push_back(&v);
    }
  }
  if (list.empty()) refuse_field(place, "variants", "", "a variant's name, or *");
  return list;
}

/// Collects a suite's cases, row by row.
class Loader {
 public:
  Loader(const Registry& registry, const FindList& find_list)
      : registry_(registry), find_list_(find_list) {}

  void add_row(const CsvRow& row) {
    const std::string &kernel = row[0], &cases = row[1], &variants = row[2];
    const CsvPlace& place = row.place;
    if (kernel == "*") {
      if (!cases.starts_with('@')) refuse_field(place, "cases", cases, "@list when kernel is *");
      for (const Kernel& k : registry_.kernels()) {
        const CaseList list = find_list(k, cases, place);
        if (list.text) add_list(k, list, variants, place);
      }
      return;
    }
    add_kernel_row(find_kernel(kernel, place), cases, variants, place);
  }

  std::vector<SuiteCase> take() { return std::move(cases_); }

 private:
  const Kernel& find_kernel(const std::string& name, const CsvPlace& place) const {
    std::string known = "one of *";
    for (const Kernel& k : registry_.kernels()) {
      if (k.name == name) return k;
      known += " " + k.name;
    }
    refuse_field(place, "kernel", name, known);
  }

  CaseList find_list(const Kernel& kernel, const std::string& cases, const CsvPlace& place) const {
    const std::string name = cases.substr(1);
    const auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-';
    };
    if (name.empty() || name.size() > 100 || !std::all_of(name.begin(), name.end(), plain)) {
      refuse_field(place, "cases", cases, "@ and a list's name of letters, digits, _ and -");
    }
    return find_list_(kernel.name, name);
  }

  void add_kernel_row(const Kernel& kernel, const std::string& cases, const std::string& variants,
                      const CsvPlace& place) {
    if (!cases.starts_with('@')) {
      add_case(kernel, cases, variants, place, place, "cases");
      return;
    }
    const CaseList list = find_list(kernel, cases, place);
    if (!list.text)
      refuse_field(place, "cases", cases, "a list that exists: " + list.file.string());
    add_list(kernel, list, variants, place);
  }

  void add_list(const Kernel& kernel, const CaseList& list, const std::string& variants,
                const CsvPlace& place) {
    read_csv(*list.text, list.file, {"axes"}, [&](const CsvRow& row) {
      add_case(kernel, row[0], variants, place, row.place, "axes");
    });
  }

  void add_case(const Kernel& kernel, const std::string& axes, const std::string& variants,
                const CsvPlace& suite, const CsvPlace& row, std::string_view column) {
    SuiteCase c;
    c.kernel = &kernel;
    try {
      c.shape = kernel.parse(axes);
    } catch (const BadInput& problem) {
      refuse_field(row, column, axes,
                   fmt::format("a case of kernel '{}' ({})", kernel.name, problem.what()));
    }
    c.variants = choose_variants(kernel, variants, suite);
    c.origin = suite.file == row.file ? suite.text() : suite.text() + " " + row.text();
    cases_.push_back(std::move(c));
  }

  const Registry& registry_;
  const FindList& find_list_;
  std::vector<SuiteCase> cases_;
};

// The folder of a kernel from outside the checkout is linked beside the program.
CaseList list_below(const fs::path& root, const std::string& kernel, const std::string& list) {
  const fs::path inside = fs::path("kernels") / kernel / "cases" / (list + ".csv");
  std::error_code error;
  for (const fs::path& file : {root / inside, program_folder() / inside}) {
    if (fs::exists(file, error)) return {file, read_text_file(file, FileKind::table)};
  }
  return {root / inside, std::nullopt};
}

}  // namespace

fs::path data_root() {
  std::vector<fs::path> places;
  if (const char* chosen = std::getenv("KERNELGATE_ROOT")) {
    places = {chosen};
  } else {
    const fs::path folder = program_folder();
    places = {folder.parent_path(), folder.parent_path() / "share" / "kernelgate"};
  }
  std::string tried;
  for (const fs::path& place : places) {
    std::error_code error;
    if (fs::is_directory(place / "suites", error)) return place;
    tried += " " + (place / "suites").string();
  }
  throw BadInput("no folder of suites; looked for" + tried +
                 "; set KERNELGATE_ROOT to the checkout");
}

std::vector<SuiteCase> load_suite(const Registry& registry, const fs::path& root,
                                  std::string_view name) {
  const bool is_file = name.ends_with(".csv");
  const fs::path file = is_file ? fs::path(name) : root / "suites" / (std::string(name) + ".csv");
  std::error_code error;
  if (!is_file && !fs::exists(file, error)) {
    std::string known;
    for (const std::string& suite : suite_names(root)) known += " " + suite;
    throw BadInput(
        fmt::format("unknown suite '{}'; there are:{}, or a path ending in .csv", name, known));
  }
  return parse_suite(registry, read_text_file(file, FileKind::table), file,
                     [&](const std::string& kernel, const std::string& list) {
                       return list_below(root, kernel, list);
                     });
}

std::vector<SuiteCase> parse_suite(const Registry& registry, std::string_view text,
                                   const fs::path& file, const FindList& find_list) {
  Loader loader(registry, find_list);
  read_csv(text, file, {"kernel", "cases", "variants"},
           [&](const CsvRow& row) { loader.add_row(row); });
  return loader.take();
}

std::vector<std::string> suite_names(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root / "suites", error)) {
    if (entry.path().extension() != ".csv") continue;
    const std::string name = entry.path().stem().string();
    if (name != "known_failures") names.push_back(name);  // failures that a gate accepts
  }
  std::sort(names.begin(), names.end());
  if (error) throw BadInput(fmt::format("{}: {}", (root / "suites").string(), error.message()));
  return names;
}

}  // namespace kernelgate
