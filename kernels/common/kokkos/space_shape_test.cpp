// Tests team shapes: the shared-memory limits of devices are enforced on hosts too.
#include "kernels/common/kokkos/space_shape.hpp"

#include <gmock/gmock.h>

#include "harness/resources/kokkos_rows.hpp"

namespace kernelgate {
namespace {

static_assert(DeviceShape::team_size * DeviceShape::vector_length == kokkos_block_threads,
              "kernelgate resources models the waves of such blocks");

// 64 KiB minus a double for each of 128 threads and two more, minus twice 64 bytes.
TEST(SpaceShape, LeavesOfSharedMemoryWhatKokkosTakes) {
  EXPECT_EQ(max_device_scratch(128), 65536U - 1040U - 128U);
  EXPECT_EQ(max_device_scratch(256), 65536U - 2064U - 128U);
}

TEST(SpaceShape, RefusesMoreScratchThanADeviceHas) {
  const std::size_t most = max_device_scratch(128);
  EXPECT_NO_THROW(teams_of<DeviceShape>(1, most));
  EXPECT_THROW(teams_of<DeviceShape>(1, most + 1), std::length_error);
  EXPECT_NO_THROW(teams_of<HostShape>(1, 8 * most));  // a host's scratch is not limited
}

template <int team, int registers>
using LimitedShape = TeamShape<DeviceShape, team, 1, registers>;

// Of 65,536 registers of an SM, 28 warps may use 72 per thread, 32 warps 64.
TEST(SpaceShape, LimitsRegistersByWholeTeams) {
  using Small = LaunchBoundsOf<LimitedShape<128, 72>>;
  EXPECT_EQ(int{Small::threads}, 128);
  EXPECT_EQ(int{Small::blocks}, 7);
  using Pairs = LaunchBoundsOf<LimitedShape<512, 64>>;
  EXPECT_EQ(int{Pairs::threads}, 512);
  EXPECT_EQ(int{Pairs::blocks}, 2);
  using Alone = LaunchBoundsOf<LimitedShape<512, 72>>;
  EXPECT_EQ(int{Alone::threads}, 896);
  EXPECT_EQ(int{Alone::blocks}, 1);
}

TEST(SpaceShape, RefusesTeamsOverTheLaunchBounds) {
  EXPECT_NO_THROW((teams_of<LimitedShape<128, 72>>(1, 0)));
  EXPECT_NO_THROW((teams_of<LimitedShape<128, 72>>(1, 0, 64)));
  EXPECT_THROW((teams_of<LimitedShape<128, 72>>(1, 0, 256)), std::length_error);
  EXPECT_THROW(teams_of<DeviceShape>(1, 0, 2048), std::length_error);
  static_assert(int{TeamShape<HostShape, 1, 1, 72>::max_registers} == 0);
}

}  // namespace
}  // namespace kernelgate
