// Texts for verdicts that hold on a device because of a run on another device. Used by the report
// page, the summary, the support page and the gate.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace kernelgate {

/// Meaning of "covered by D (wW)", without the term and without a full stop.
inline constexpr std::string_view covered_rule =
    "not run on this device itself; the run on D, with waves of W lanes, launched the same "
    "instances with the same grids, so its verdict applies here";

/// "covered by D (wW): " followed by the rule.
std::string covered_meaning();

/// "nv-sm75 (w32)"; only the name for a device without a profile in this build.
std::string device_with_width(const std::string& device);

/// "nv-sm75 (w32), wide (w64)".
std::string devices_with_width(const std::set<std::string>& devices);

/// "covered 40 by nv-sm75 (w32)", with ", 3 failed" if some failed.
std::string covered_words(std::int64_t ran, std::int64_t failed,
                          const std::set<std::string>& devices);

/// "2 more devices covered by nv-sm75 (w32)".
std::string more_covered_words(std::int64_t devices, const std::set<std::string>& by);

/// "run on amd-gfx1100 (w32)".
std::string run_words(const std::set<std::string>& devices);

}  // namespace kernelgate
