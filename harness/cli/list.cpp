// kernelgate list: kernels, variants, cases and suites of this build.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

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
  command->footer("Example: kernelgate list --suite smoke");
  command->callback([&session, suite] {
    if (!suite->empty()) {
      print_suite(session.registry(), *suite);
      return;
    }
    std::string names;  // first, so that a missing folder is said before a page of kernels
    for (const std::string& name : suite_names(data_root())) names += " " + name;
    print_kernels(session.registry());
    fmt::print("suites:{}\n", names);
  });
}

}  // namespace kernelgate
