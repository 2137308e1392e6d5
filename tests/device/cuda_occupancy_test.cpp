// Compares the occupancy of every NVIDIA profile with the toolkit's own header (cuda_occupancy.h).
#include <cuda_occupancy.h>
#include <gtest/gtest.h>

#include "harness/devices/occupancy.hpp"

namespace kernelgate {
namespace {

cudaOccDeviceProp properties_of(const DeviceProfile& p) {
  cudaOccDeviceProp properties;
  const int sm = std::stoi(p.arch.substr(3));
  properties.computeMajor = sm / 10;
  properties.computeMinor = sm % 10;
  properties.maxThreadsPerBlock = static_cast<int>(p.max_threads);
  properties.maxThreadsPerMultiprocessor = static_cast<int>(p.waves_per_cu * p.wave);
  properties.regsPerBlock = 65536;
  properties.regsPerMultiprocessor = static_cast<int>(p.regs_per_cu);
  properties.warpSize = static_cast<int>(p.wave);
  properties.sharedMemPerBlock = static_cast<std::size_t>(p.lds_default_bytes);
  properties.sharedMemPerMultiprocessor = static_cast<std::size_t>(p.lds_per_cu);
  properties.numSms = 1;
  properties.sharedMemPerBlockOptin = static_cast<std::size_t>(p.lds_bytes);
  properties.reservedSharedMemPerBlock = static_cast<std::size_t>(p.lds_reserved);
  return properties;
}

int blocks_by_header(const DeviceProfile& p, const BlockUse& use) {
  const cudaOccDeviceProp properties = properties_of(p);
  cudaOccFuncAttributes attributes;
  attributes.maxThreadsPerBlock = static_cast<int>(p.max_threads);
  attributes.numRegs = static_cast<int>(use.registers);
  attributes.sharedSizeBytes = 0;
  attributes.partitionedGCConfig = PARTITIONED_GC_OFF;
  attributes.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
  attributes.maxDynamicSharedSizeBytes = static_cast<std::size_t>(p.lds_bytes);
  attributes.numBlockBarriers = 1;
  cudaOccDeviceState state;
  state.carveoutConfig = SHAREDMEM_CARVEOUT_MAX_SHARED;
  cudaOccResult result{};
  const cudaOccError error = cudaOccMaxActiveBlocksPerMultiprocessor(
      &result, &properties, &attributes, &state, static_cast<int>(use.threads),
      static_cast<std::size_t>(use.shared_bytes));
  EXPECT_EQ(error, CUDA_OCC_SUCCESS);
  return result.activeBlocksPerMultiprocessor;
}

TEST(CudaOccupancy, AgreesWithTheToolkitsHeader) {
  int compared = 0;
  for (const DeviceProfile& p : device_profiles()) {
    if (p.vendor != Vendor::nvidia) continue;
    for (const std::int64_t threads : {32, 64, 96, 128, 160, 256, 384, 512, 1024}) {
      for (std::int64_t registers = 16; registers <= 255; registers += 13) {
        for (const std::int64_t shared : {0, 1, 1024, 2304, 16384, 33000, 49152, 65536}) {
          const BlockUse use{threads, registers, shared};
          EXPECT_EQ(occupancy(use, p).blocks, blocks_by_header(p, use))
              << p.name << " " << threads << " threads " << registers << " registers " << shared
              << " B";
          ++compared;
        }
      }
    }
  }
  EXPECT_GT(compared, 5000);
}

}  // namespace
}  // namespace kernelgate
