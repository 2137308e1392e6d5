// What a compiled kernel may spill: nothing, but for what a list beside the kernel allows with a
// reason (kernels/<kernel>/spills.csv; docs/resources.md, "Spills").
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "harness/resources/baseline.hpp"

namespace kernelgate {

/// One kernel for one target that may spill: up to `spilled` and `scratch`, counted as in a row of
/// the baseline.
struct AllowedSpill {
  std::string kernel;   // "sampling<f32,w64,16k>"
  std::string profile;  // "amd-gfx942"
  std::int64_t spilled = 0;
  std::int64_t scratch = 0;  // bytes
  std::string reason;        // why it may: never empty
};

/// The list of one file. Throws BadInput for a file that cannot be read, a row without a reason or
/// one that allows nothing.
std::vector<AllowedSpill> read_allowed_spills(const std::filesystem::path& file);

/// The lists of all kernels below a source folder. A kernel without a list may spill nothing.
std::vector<AllowedSpill> all_allowed_spills(const std::filesystem::path& source);

/// In words: each row that spills or has scratch beyond what is allowed, then each allowance that
/// no row needs (a mended spill must not come back unseen). Empty: nothing to object to.
std::vector<std::string> refused_spills(std::span<const ResourceRow> rows,
                                        std::span<const AllowedSpill> allowed);

}  // namespace kernelgate
