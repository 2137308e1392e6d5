// Options that choose cases and variants, shared by the commands.
#pragma once

#include <string>
#include <vector>

#include "harness/run/session.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {

/// Purpose of a selection. Timing skips variants that are only judged (not Variant::timed) unless
/// they are named.
enum class SelectedFor { judging, timing };

/// The options --suite, --case, --kernel, --variant, --backend.
struct SelectionOptions {
  std::vector<std::string> suites, cases, kernels, variants;
  std::string backend;

  /// The chosen cases, each with its chosen variants. Unless `reference` is null, the scalar
  /// reference is the first variant. Throws BadInput for names that do not exist.
  std::vector<SuiteCase> select(const Registry& registry, const Variant* reference,
                                SelectedFor purpose = SelectedFor::judging) const;
};

/// Whether an option that lists names takes this one: an empty list takes all.
bool chosen(const std::vector<std::string>& list, const std::string& name);

}  // namespace kernelgate
