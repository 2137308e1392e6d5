#include <fmt/format.h>

#include "harness/executors/gpu/open_gpu.hpp"

namespace kernelgate {

std::string amd_target(std::int64_t gfx_target_version) {
  return fmt::format("gfx{}{:x}{:x}", gfx_target_version / 10000, gfx_target_version / 100 % 100,
                     gfx_target_version % 100);
}

}  // namespace kernelgate
