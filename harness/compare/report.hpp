// Text output and exit code of a comparison.
#pragma once

#include <string>
#include <vector>

#include "harness/compare/setup.hpp"
#include "harness/core/error.hpp"

namespace kernelgate {

/// One line per target, the most certain results first, then notes about them.
std::string compare_table(const std::vector<Comparison>& results, const CompareSetup& setup);

/// Formats the logarithm of a ratio of times: "2.1 % slower", "0.3 % faster".
std::string effect_text(double log_ratio);

/// Exit code: incorrect takes precedence over invalid, invalid over slower. With `strict`, "cannot
/// tell" has its own code, too.
ExitCode exit_of(const std::vector<Comparison>& results, bool strict);

}  // namespace kernelgate
