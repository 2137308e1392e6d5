// Checks spills of compiled kernels against the allowed ones. A kernel may spill only what the list
// in its folder allows, with a reason (kernels/<kernel>/spills.csv; docs/resources.md, "Spills").
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "harness/resources/baseline.hpp"

namespace kernelgate {

/// One kernel for one target that may spill: up to `spilled` and `scratch`, in the units of a
/// baseline row.
struct AllowedSpill {
  std::string kernel;   // "sampling<f32,w64,16k>"
  std::string profile;  // "amd-gfx942"
  std::int64_t spilled = 0;
  std::int64_t scratch = 0;  // bytes
  std::string reason;        // never empty
};

/// The list of one file. Throws BadInput for a file that cannot be read, a row without a reason or
/// a row that allows nothing.
std::vector<AllowedSpill> read_allowed_spills(const std::filesystem::path& file);

/// The lists of all kernels below a source folder. A kernel without a list may spill nothing.
std::vector<AllowedSpill> all_allowed_spills(const std::filesystem::path& source);

/// As text: each row that spills or has scratch beyond the allowance, then each allowance that no
/// row needs (otherwise a fixed spill could return unnoticed). Empty: no objections.
std::vector<std::string> refused_spills(std::span<const ResourceRow> rows,
                                        std::span<const AllowedSpill> allowed);

}  // namespace kernelgate
