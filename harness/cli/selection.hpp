// Options that choose cases and variants, the same in `check` and `bench`.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/session.hpp"
#include "harness/suites/suite.hpp"

namespace CLI {
class App;
}

namespace kernelgate {

/// Timing leaves out variants that are only judged (Variant::timed), unless they are named.
enum class SelectedFor { judging, timing };

/// --suite, --case, --kernel, --variant, --backend.
struct SelectionOptions {
  std::vector<std::string> suites, cases, kernels, variants;
  std::string backend;

  void add_to(CLI::App& command);
  /// The chosen cases, each with the chosen variants and, with `with_reference`, the scalar truth
  /// itself as the first. Throws BadInput for names that do not exist.
  std::vector<SuiteCase> select(const Registry& registry, const Variant* reference,
                                SelectedFor purpose = SelectedFor::judging) const;
};

}  // namespace kernelgate
