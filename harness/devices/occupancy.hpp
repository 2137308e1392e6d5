// How many waves of a kernel one cu holds at once: from the compiler's registers, the block's LDS
// and the granularities of the profile.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/devices/profile.hpp"

namespace kernelgate {

/// What one block of a kernel takes.
struct BlockUse {
  std::int64_t threads = 1;
  std::int64_t registers = 0;     // 32-bit registers of a thread; AMD: VGPRs and AGPRs
  std::int64_t shared_bytes = 0;  // LDS of the block
};

/// What holds the count of waves down first, in this order where several do alike.
enum class OccupancyLimit { waves, blocks, registers, lds };

std::string_view name(OccupancyLimit limit);

struct Occupancy {
  std::int64_t blocks = 0;  // 0: the device cannot run the kernel
  std::int64_t waves = 0;   // of waves_per_cu
  OccupancyLimit limit = OccupancyLimit::waves;
};

/// NVIDIA: the arithmetic of cuda_occupancy.h. AMD: LLVM's AMDGPUBaseInfo,
/// getNumWavesPerEUWithNumVGPRs, with LDS dealt out in granules of the compute unit's.
Occupancy occupancy(const BlockUse& use, const DeviceProfile& device);

}  // namespace kernelgate
