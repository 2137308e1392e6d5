// The device of a row and the provenance of its metrics, as the page and the Markdown summary show
// them.
#pragma once

#include <compare>
#include <string>

#include "harness/records/record.hpp"

namespace kernelgate {

/// A device with the provenance of its metrics. Modelled results for "amd-gfx942" never share a
/// column with times measured on one.
struct Tier {
  std::string name;  // device profile, or the host's processor, threads and kernel target
  Provenance provenance = Provenance::measured;

  auto operator<=>(const Tier&) const = default;
};

/// The tier of a row: "this host" if the processor has no name, "any device" if the row is
/// unsupported on all virtual devices.
Tier tier_of(const Record& record);

/// Whether the row belongs to one kernel rather than to the whole model or its KV cache.
bool is_kernel_row(const Record& record);

/// Whether the row counts for speed metrics: timed code of one kernel, on the device itself.
bool is_measured_speed(const Record& record);

}  // namespace kernelgate
