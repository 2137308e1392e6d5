// Checks the requirements of kernels on the dialect's matrix tiles (docs/dialect.md, section 4).
#pragma once

#include <optional>
#include <string>

#include "harness/core/dtype.hpp"
#include "harness/devices/profile.hpp"

namespace kernelgate {

/// The reason, as text, why tiles of such elements cannot be multiplied there: f32 elements, or a
/// device without instructions for 16 x 16 x 16 in bf16 and f16. Nothing if they can.
std::optional<std::string> matrix_tiles_unsupported_reason(Dtype elements,
                                                           const DeviceProfile& device);

}  // namespace kernelgate
