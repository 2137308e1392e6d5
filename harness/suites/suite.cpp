#include "harness/suites/suite.hpp"

#include <fmt/format.h>
#include <libfccp/csv.h>

#include <algorithm>
#include <cstdlib>

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

using Trim = io::trim_chars<' ', '\t', '\r'>;
using Quote = io::double_quote_escape<',', '"'>;
template <unsigned columns>
using Reader = io::CSVReader<columns, Trim, Quote, io::throw_on_overflow,
                             io::single_and_empty_line_comment<'#'>>;

/// Where a message points.
struct Place {
  fs::path file;
  unsigned line = 0;
  std::string text() const { return fmt::format("{}:{}", file.string(), line); }
};

[[noreturn]] void refuse(const Place& place, std::string_view column, std::string_view got,
                         std::string_view expected) {
  throw BadInput(fmt::format("{}: column '{}': got '{}', expected {}", place.text(), column, got,
                             expected));
}

// Calls f(fields, place) for every row; the library's errors become ours, with file and line.
template <unsigned columns, class F>
void for_each_row(const fs::path& file, const std::array<const char*, columns>& names, F f) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    throw BadInput(fmt::format("{}: no such file, expected a CSV file", file.string()));
  }
  try {
    Reader<columns> reader(file.string());
    std::array<std::string, columns> fields;
    std::apply([&](auto... name) { reader.read_header(io::ignore_no_column, name...); }, names);
    while (std::apply([&](auto&... field) { return reader.read_row(field...); }, fields)) {
      f(fields, Place{file, reader.get_file_line()});
    }
  } catch (const io::error::base& problem) {
    std::string expected;
    for (const char* name : names) expected += fmt::format("{}{}", expected.empty() ? "" : ",", name);
    throw BadInput(fmt::format("{}: {} (expected the columns {})", file.string(), problem.what(),
                               expected));
  }
}

fs::path program_folder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

std::vector<const Variant*> choose_variants(const Kernel& kernel, std::string_view text,
                                            const Place& place) {
  std::vector<const Variant*> list;
  if (text == "*") {
    for (const Variant& v : kernel.variants) list.push_back(&v);
    return list;
  }
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(';'));
    text = name.size() == text.size() ? std::string_view{} : text.substr(name.size() + 1);
    const Variant* variant = kernel.find_variant(name);
    if (variant == nullptr) {
      std::string known = "one of *";
      for (const Variant& v : kernel.variants) known += " " + v.name;
      refuse(place, "variants", name, known);
    }
    list.push_back(variant);
  }
  if (list.empty()) refuse(place, "variants", "", "a variant's name, or *");
  return list;
}

/// Collects a suite's cases, row by row.
class Loader {
 public:
  Loader(const Registry& registry, fs::path root) : registry_(registry), root_(std::move(root)) {}

  void add_row(const std::array<std::string, 3>& fields, const Place& place) {
    const auto& [kernel, cases, variants] = fields;
    if (kernel == "*") {
      if (!cases.starts_with('@')) refuse(place, "cases", cases, "@list when kernel is *");
      for (const Kernel& k : registry_.kernels()) {
        if (fs::exists(list_file(k, cases))) add_list(k, cases, variants, place);
      }
      return;
    }
    add_kernel_row(find_kernel(kernel, place), cases, variants, place);
  }

  std::vector<SuiteCase> take() { return std::move(cases_); }

 private:
  const Kernel& find_kernel(const std::string& name, const Place& place) const {
    std::string known = "one of *";
    for (const Kernel& k : registry_.kernels()) {
      if (k.name == name) return k;
      known += " " + k.name;
    }
    refuse(place, "kernel", name, known);
  }

  // A kernel from outside the checkout has its folder linked beside the program.
  fs::path list_file(const Kernel& kernel, std::string_view list) const {
    const fs::path inside =
        fs::path("kernels") / kernel.name / "cases" / (std::string(list.substr(1)) + ".csv");
    const fs::path linked = program_folder() / inside;
    return !fs::exists(root_ / inside) && fs::exists(linked) ? linked : root_ / inside;
  }

  void add_kernel_row(const Kernel& kernel, const std::string& cases, const std::string& variants,
                      const Place& place) {
    if (!cases.starts_with('@')) {
      add_case(kernel, cases, variants, place, place, "cases");
    } else if (!fs::exists(list_file(kernel, cases))) {
      refuse(place, "cases", cases, "a list that exists: " + list_file(kernel, cases).string());
    } else {
      add_list(kernel, cases, variants, place);
    }
  }

  void add_list(const Kernel& kernel, const std::string& list, const std::string& variants,
                const Place& place) {
    for_each_row<1>(list_file(kernel, list), {"axes"}, [&](const auto& fields, const Place& row) {
      add_case(kernel, fields[0], variants, place, row, "axes");
    });
  }

  void add_case(const Kernel& kernel, const std::string& axes, const std::string& variants,
                const Place& suite, const Place& row, std::string_view column) {
    SuiteCase c;
    c.kernel = &kernel;
    try {
      c.shape = kernel.parse(axes);
    } catch (const BadInput& problem) {
      refuse(row, column, axes, fmt::format("a case of kernel '{}' ({})", kernel.name, problem.what()));
    }
    c.variants = choose_variants(kernel, variants, suite);
    c.origin = suite.file == row.file ? suite.text() : suite.text() + " " + row.text();
    cases_.push_back(std::move(c));
  }

  const Registry& registry_;
  fs::path root_;
  std::vector<SuiteCase> cases_;
};

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
    if (fs::is_directory(place / "suites")) return place;
    tried += " " + (place / "suites").string();
  }
  throw BadInput("no folder of suites; looked for" + tried + "; set KERNELGATE_ROOT to the checkout");
}

std::vector<SuiteCase> load_suite(const Registry& registry, const fs::path& root,
                                  std::string_view name) {
  const bool is_file = name.ends_with(".csv");
  const fs::path file = is_file ? fs::path(name) : root / "suites" / (std::string(name) + ".csv");
  if (!is_file && !fs::exists(file)) {
    std::string known;
    for (const std::string& suite : suite_names(root)) known += " " + suite;
    throw BadInput(fmt::format("unknown suite '{}'; there are:{}, or a path ending in .csv", name, known));
  }
  Loader loader(registry, root);
  for_each_row<3>(file, {"kernel", "cases", "variants"},
                  [&](const auto& fields, const Place& place) { loader.add_row(fields, place); });
  return loader.take();
}

std::vector<std::string> suite_names(const fs::path& root) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(root / "suites")) {
    if (entry.path().extension() == ".csv") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace kernelgate
