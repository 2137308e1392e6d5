// Computes how many waves of a kernel one cu runs at once, from the compiler's registers, the
// block's LDS and the profile's granularities.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/devices/profile.hpp"

namespace kernelgate {

/// Resources of one block of a kernel.
struct BlockUse {
  std::int64_t threads = 1;
  std::int64_t registers = 0;     // 32-bit registers per thread; AMD: VGPRs and AGPRs
  std::int64_t shared_bytes = 0;  // LDS per block
};

/// The resource that limits the waves; among equal limits, the first in this order.
enum class OccupancyLimit { waves, blocks, registers, lds };

std::string_view name(OccupancyLimit limit);

struct Occupancy {
  std::int64_t blocks = 0;  // 0: the device cannot run the kernel
  std::int64_t waves = 0;   // of waves_per_cu
  OccupancyLimit limit = OccupancyLimit::waves;
};

/// NVIDIA: the arithmetic of cuda_occupancy.h. AMD: LLVM's AMDGPUBaseInfo,
/// getNumWavesPerEUWithNumVGPRs, with LDS allocated in the compute unit's granules.
Occupancy occupancy(const BlockUse& use, const DeviceProfile& device);

}  // namespace kernelgate
