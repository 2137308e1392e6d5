// What a comparison says to its reader.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/compare_setup.hpp"
#include "harness/core/error.hpp"

namespace kernelgate {

/// A line a target, the surest findings first, then what has to be known of them.
std::string compare_table(const std::vector<Comparison>& results, const CompareSetup& setup);

/// "2.1 % slower", "0.3 % faster": a logarithm of a ratio of times.
std::string effect_text(double log_ratio);

/// Incorrect comes before invalid, invalid before slower; `strict`: cannot tell is an end, too.
ExitCode exit_of(const std::vector<Comparison>& results, bool strict);

}  // namespace kernelgate
