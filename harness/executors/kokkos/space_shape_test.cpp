// Teams of the shapes: what a device has of shared memory is kept where no device is.
#include "harness/executors/kokkos/space_shape.hpp"

#include <gmock/gmock.h>

#include "harness/resources/kokkos_rows.hpp"

namespace kernelgate {
namespace {

static_assert(DeviceShape::team_size * DeviceShape::vector_length == kokkos_block_threads,
              "kernelgate resources models the waves of such blocks");

// 64 KiB less a double for each of 128 threads and two more, and twice 64 bytes.
TEST(SpaceShape, LeavesOfSharedMemoryWhatKokkosTakes) {
  EXPECT_EQ(max_device_scratch(128), 65536U - 1040U - 128U);
  EXPECT_EQ(max_device_scratch(256), 65536U - 2064U - 128U);
}

TEST(SpaceShape, RefusesMoreScratchThanADeviceHas) {
  const std::size_t most = max_device_scratch(128);
  EXPECT_NO_THROW(teams_of<DeviceShape>(1, 128, 1, most));
  EXPECT_THROW(teams_of<DeviceShape>(1, 128, 1, most + 1), std::length_error);
  EXPECT_NO_THROW(teams_of<HostShape>(1, 1, 1, 8 * most));  // a cache is no limit
}

}  // namespace
}  // namespace kernelgate
