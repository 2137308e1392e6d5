// What a row's figures were made on, as the page and the Markdown summary name it.
#pragma once

#include <compare>
#include <string>

#include "harness/records/record.hpp"

namespace kernelgate {

/// A device with the kind of its figures: what an executor says of "amd-gfx942" never shares a
/// column with what a clock says on one.
struct Tier {
  std::string
      name;  // a profile, or the host's processor, its threads and what kernels were built for
  FigureKind figure = FigureKind::measured;

  auto operator<=>(const Tier&) const = default;
};

/// The tier of a row; "this host" where the processor has no name, "any device" for what was
/// refused on all virtual ones.
Tier tier_of(const Record& record);

/// Whether the row belongs to one kernel: not to the whole model, nor to its KV cache.
bool is_kernel_row(const Record& record);

/// Whether the row may enter a figure of speed: timed code of one kernel, on the device itself.
bool is_measured_speed(const Record& record);

}  // namespace kernelgate
