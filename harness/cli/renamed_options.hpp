// Earlier names of options (docs/renamed.md), which the program still accepts.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace kernelgate {

/// These arguments, with the current name in place of each earlier name of an option:
/// "--least-seconds 1" and "--least-seconds=1" become "--min-seconds 1" and "--min-seconds=1".
std::vector<std::string> with_current_option_names(std::span<char* const> arguments);

}  // namespace kernelgate
