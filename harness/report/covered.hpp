// The words for a verdict that was found on another device. The page, the summary, the support
// page, README's table and the gate use these and no others.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace kernelgate {

/// What the word means, as a sentence without its end.
inline constexpr std::string_view covered_meaning =
    "covered by D (wN): not run on this device itself; the run on D, with waves of N lanes, "
    "launched "
    "the same instances with the same grids, so its verdict holds here";

/// "nv-sm75 (w32)"; the name alone for a device that this build has no profile of.
std::string device_with_width(const std::string& device);

/// "nv-sm75 (w32), wide (w64)".
std::string devices_with_width(const std::set<std::string>& devices);

/// "covered 40 by nv-sm75 (w32)", with ", 3 failed" where some did.
std::string covered_words(std::int64_t ran, std::int64_t failed,
                          const std::set<std::string>& devices);

/// "run on amd-gfx1100 (w32)".
std::string run_words(const std::set<std::string>& devices);

}  // namespace kernelgate
