#include "harness/native/matrix_tiles.hpp"

#include <fmt/format.h>

namespace kernelgate {

std::optional<std::string> matrix_tiles_unsupported_reason(Dtype elements,
                                                           const DeviceProfile& device) {
  if (elements == Dtype::f32) return "matrix instructions take bf16 and f16, this case is f32";
  if (device.matrix == MatrixFamily::none || device.matrix == MatrixFamily::mma_sync_k8) {
    return fmt::format("needs matrix instructions of 16 x 16 x 16 in bf16 and f16, {} has {}",
                       device.name, name(device.matrix));
  }
  return std::nullopt;
}

}  // namespace kernelgate
