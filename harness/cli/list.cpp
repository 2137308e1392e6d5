// kernelgate list: lists kernels, variants, cases and suites of this build.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

#include "harness/cli/commands.hpp"
#include "harness/run/selection.hpp"
#include "harness/run/session.hpp"

namespace kernelgate {
namespace {

// The determinism claim of a native variant, which tests check.
std::string determinism_claim(const Variant& variant) {
  if (!variant.native) return {};
  const Reproducible& reproducible = variant.native->reproducible;
  return fmt::format("; bits {}: {}",
                     reproducible.bits ? "reproducible" : "may differ between runs",
                     reproducible.why);
}

void print_kernel(const Kernel& kernel) {
  fmt::print("{:<14} {}\n", kernel.name, kernel.formula);
  for (const Variant& v : kernel.variants) {
    fmt::print("  {:<24} {:<10} {}{}\n", v.name, name(v.backend), v.note, determinism_claim(v));
  }
}

void print_suite(const Registry& registry, const std::string& suite,
                 const std::vector<std::string>& kernels) {
  std::int64_t count = 0;
  for (const SuiteCase& c : load_suite(registry, data_root(), suite)) {
    if (!chosen(kernels, c.kernel->name)) continue;
    fmt::print("{}\n", c.shape->id());
    ++count;
  }
  fmt::print("{} cases in suite {}\n", count, suite);
}

}  // namespace

void add_list_command(CLI::App& app, Session& session) {
  auto suite = std::make_shared<std::string>();
  auto kernels = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      app.add_subcommand("list", "Kernels, variants, cases and suites of this build");
  command->add_option("--suite", *suite, "Print the cases of this suite");
  command->add_option("--kernel", *kernels, "Only these kernels");
  command->footer("Example: kernelgate list --suite smoke --kernel linear");
  command->callback([&session, suite, kernels] {
    const Registry& registry = session.registry();
    for (const std::string& kernel : *kernels) registry.find(kernel);  // rejects unknown names
    if (!suite->empty()) {
      print_suite(registry, *suite, *kernels);
      return;
    }
    std::string names;  // first, so that a missing folder is reported before a page of kernels
    for (const std::string& name : suite_names(data_root())) names += " " + name;
    for (const Kernel& kernel : registry.kernels()) {
      if (chosen(*kernels, kernel.name)) print_kernel(kernel);
    }
    fmt::print("suites:{}\n", names);
  });
}

}  // namespace kernelgate
