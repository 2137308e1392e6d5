// What a kernel on the dialect's matrix tiles (docs/dialect.md, section 4) asks of case and device.
#pragma once

#include <optional>
#include <string>

#include "harness/core/dtype.hpp"
#include "harness/devices/profile.hpp"

namespace kernelgate {

/// Why tiles of such elements cannot be multiplied there, in words: f32 elements, or a device
/// without instructions for 16 x 16 x 16 in bf16 and f16. Nothing when they can.
std::optional<std::string> matrix_tiles_refusal(Dtype elements, const DeviceProfile& device);

}  // namespace kernelgate
