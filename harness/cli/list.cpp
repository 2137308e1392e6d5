// kernelgate list: kernels, variants, cases and suites of this build.
#include <fmt/format.h>

#include <algorithm>

#include "harness/cli/selection.hpp"
#include "harness/cli/session.hpp"

namespace kernelgate {
namespace {

// Whether two runs give the same bits: what a native variant promises and tests hold it to.
std::string claim(const Variant& variant) {
  if (!variant.native) return {};
  const Reproducible& reproducible = variant.native->reproducible;
  return fmt::format("; bits {}: {}",
                     reproducible.bits ? "reproducible" : "may differ between runs",
                     reproducible.why);
}

void print_kernels(const Registry& registry) {
  for (const Kernel& kernel : registry.kernels()) {
    fmt::print("{:<14} {}\n", kernel.name, kernel.formula);
    for (const Variant& v : kernel.variants) {
      fmt::print("  {:<24} {:<10} {}{}\n", v.name, name(v.backend), v.note, claim(v));
    }
  }
}

std::string variants_of(const Kernel& kernel, Backend backend) {
  std::string list;
  for (const Variant& v : kernel.variants) {
    if (v.backend == backend) list += (list.empty() ? "" : ", ") + v.name;
  }
  return list;
}

std::string cell(std::string text) {  // a bar would end a table's cell, even inside a code span
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.insert(at, 1, '\\');
  }
  return text;
}

// A row a kernel; a column a backend that has any variant.
void print_markdown(const Registry& registry) {
  std::vector<Backend> backends;
  for (std::size_t i = 0; i < backend_names.size(); ++i) {
    const Backend backend = static_cast<Backend>(i);
    const auto has_one = [&](const Kernel& k) { return !variants_of(k, backend).empty(); };
    if (std::any_of(registry.kernels().begin(), registry.kernels().end(), has_one)) {
      backends.push_back(backend);
    }
  }
  std::string head = "| kernel | computes |";
  std::string rule = "| --- | --- |";
  for (const Backend backend : backends) {
    head += fmt::format(" variants run by {} |", name(backend));
    rule += " --- |";
  }
  fmt::print("{}\n{}\n", head, rule);
  for (const Kernel& kernel : registry.kernels()) {
    fmt::print("| {} | `{}` |", kernel.name, cell(kernel.formula));
    for (const Backend backend : backends) fmt::print(" {} |", variants_of(kernel, backend));
    fmt::print("\n");
  }
}

void print_suite(const Registry& registry, const std::string& suite) {
  std::int64_t count = 0;
  for (const SuiteCase& c : load_suite(registry, data_root(), suite)) {
    fmt::print("{}\n", c.shape->id());
    ++count;
  }
  fmt::print("{} cases in suite {}\n", count, suite);
}

}  // namespace

void add_list_command(CLI::App& app, Session& session) {
  auto suite = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("list", "Kernels, variants, cases and suites of this build");
  command->add_option("--suite", *suite, "Print the cases of this suite");
  auto markdown = std::make_shared<bool>(false);
  command->add_flag("--markdown", *markdown, "Print kernels, variants and backends as a table");
  command->footer("Example: kernelgate list --suite smoke");
  command->callback([&session, suite, markdown] {
    if (*markdown) {
      print_markdown(session.registry());
      return;
    }
    if (!suite->empty()) {
      print_suite(session.registry(), *suite);
      return;
    }
    print_kernels(session.registry());
    std::string names;
    for (const std::string& name : suite_names(data_root())) names += " " + name;
    fmt::print("suites:{}\n", names);
  });
}

}  // namespace kernelgate
