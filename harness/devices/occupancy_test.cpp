// Tests occupancy against values calculated by hand, and against clang's remarks for a kernel of
// 256 threads with the given LDS (waves per SIMD there, waves per compute unit here).
#include "harness/devices/occupancy.hpp"

#include <gtest/gtest.h>

namespace kernelgate {
namespace {

std::int64_t waves(const char* device, BlockUse use) {
  return occupancy(use, device_profile(device)).waves;
}

TEST(Occupancy, IsFullForASmallKernel) {
  const Occupancy full = occupancy({256, 32, 0}, device_profile("nv-sm90"));
  EXPECT_EQ(full.blocks, 8);
  EXPECT_EQ(full.waves, 64);
  EXPECT_EQ(full.limit, OccupancyLimit::waves);
  EXPECT_EQ(waves("nv-sm86", {256, 40, 0}), 48);
  EXPECT_EQ(waves("amd-gfx942", {256, 64, 0}), 32);
  EXPECT_EQ(waves("amd-gfx1100", {256, 96, 0}), 32);
}

TEST(Occupancy, FallsWithRegisters) {
  // 255 registers are 256 in granules of 8. A sub-partition's 512 fit 2 warps: 8 per SM, one block.
  const Occupancy held = occupancy({256, 255, 0}, device_profile("nv-sm90"));
  EXPECT_EQ(held.blocks, 1);
  EXPECT_EQ(held.limit, OccupancyLimit::registers);
  // 97 VGPRs are 120 in granules of 24: 1536 / 120 = 12 waves on each of two SIMDs, 3 blocks of 8.
  EXPECT_EQ(waves("amd-gfx1100", {256, 97, 0}), 24);
  // 65 are 72 in granules of 8: 512 / 72 = 7 waves on each of four SIMDs, 7 blocks of 4.
  EXPECT_EQ(waves("amd-gfx942", {256, 65, 0}), 28);
  EXPECT_EQ(waves("amd-gfx1030", {256, 257, 0}), 0);
}

TEST(Occupancy, FallsWithLdsAsTheCompilersModelHasIt) {
  for (const char* device : {"amd-gfx90a", "amd-gfx942"}) {
    EXPECT_EQ(waves(device, {256, 32, 16384}), 4 * 4) << device;
    EXPECT_EQ(waves(device, {256, 32, 32768}), 4 * 2) << device;
    EXPECT_EQ(waves(device, {256, 32, 65536}), 4 * 1) << device;
  }
  for (const char* device : {"amd-gfx1030", "amd-gfx1100", "amd-gfx1151", "amd-gfx1201"}) {
    EXPECT_EQ(waves(device, {256, 32, 16384}), 2 * 16) << device;
    EXPECT_EQ(waves(device, {256, 32, 32768}), 2 * 8) << device;
    EXPECT_EQ(waves(device, {256, 32, 65536}), 2 * 4) << device;
  }
  EXPECT_EQ(waves("amd-gfx1100-w64", {256, 32, 16384}), 2 * 8);
  EXPECT_EQ(waves("amd-gfx1100-w64", {256, 32, 65536}), 2 * 2);
  EXPECT_EQ(waves("amd-gfx950", {256, 32, 16384}), 4 * 8);
  EXPECT_EQ(waves("amd-gfx950", {256, 32, 65536}), 4 * 2);
}

TEST(Occupancy, RoundsLdsUpToTheGranule) {
  // 32 KiB are 26 granules of 1280 B: 4 blocks in 160 KiB, although five times 32 KiB would fit.
  EXPECT_EQ(occupancy({256, 32, 32768}, device_profile("amd-gfx950")).blocks, 4);
  // The system reserves 1 KiB per block on sm_90: 228 KiB fit two blocks of 113 KiB, but not of 113
  // KiB + 1 B.
  EXPECT_EQ(occupancy({256, 32, 113 * 1024}, device_profile("nv-sm90")).blocks, 2);
  EXPECT_EQ(occupancy({256, 32, 113 * 1024 + 1}, device_profile("nv-sm90")).blocks, 1);
}

TEST(Occupancy, CountsBlocksOfOneWave) {
  EXPECT_EQ(waves("nv-sm86", {32, 16, 0}), 16);     // 16 blocks per SM
  EXPECT_EQ(waves("amd-gfx942", {64, 16, 0}), 32);  // no barrier needed
  EXPECT_EQ(waves("amd-gfx942", {128, 16, 0}), 32);
  EXPECT_EQ(occupancy({32, 16, 0}, device_profile("nv-sm86")).limit, OccupancyLimit::blocks);
}

TEST(Occupancy, IsNothingForWhatTheDeviceRefuses) {
  EXPECT_EQ(waves("amd-gfx1100", {256, 32, 66032}), 0);
  EXPECT_EQ(waves("tiny", {512, 32, 0}), 0);
}

}  // namespace
}  // namespace kernelgate
