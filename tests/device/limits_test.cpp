// Shared-memory limits: the dialect's constants equal those of the profiles, and a launch that
// needs more fails.
#define KG_BUILD_MODE limits_test
#define KDEV inline
#include "kernels/common/dialect/common/limits.hpp"

#include <gmock/gmock.h>

#include <array>

#include "harness/devices/profile.hpp"
#include "harness/executors/source/source_device.hpp"

namespace kernelgate {

NativeEntries self_test_source_entries();

namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(LdsLimits, AreTheProfiles) {
  for (const DeviceProfile& p : device_profiles()) {
    if (p.vendor == Vendor::artificial) continue;
    EXPECT_GE(p.lds_bytes, k_lds_everywhere) << p.name;
    if (p.vendor == Vendor::amd) {
      EXPECT_EQ(p.lds_bytes, p.name == "amd-gfx950" ? k_lds_gfx950 : k_lds_amd) << p.name;
    }
  }
  EXPECT_EQ(device_profile("nv-sm80").lds_bytes, k_lds_sm80);
  for (const char* name : {"nv-sm86", "nv-sm89", "nv-sm120"}) {
    EXPECT_EQ(device_profile(name).lds_bytes, k_lds_sm86) << name;
  }
  for (const char* name : {"nv-sm90", "nv-sm100"}) {
    EXPECT_EQ(device_profile(name).lds_bytes, k_lds_sm90) << name;
  }
}

// Launches an entry with this much shared memory, as a kernel without K_FITS could request it.
void launch_with(const char* profile, std::int64_t shared_bytes) {
  SourceDevice device(device_profile(profile));
  NativeEntry entry = self_test_source_entries().data[0];
  ASSERT_EQ(entry.wave, 32);
  entry.shared_bytes = shared_bytes;
  const LaunchShape shape{{1, 1, 1}, 256, shared_bytes};
  std::array<std::byte*, 4> buffers{};
  for (std::byte*& buffer : buffers) {
    buffer = device.allocate(8192, "buffer");
    const std::vector<std::byte> zeros(8192);
    device.upload(buffer, zeros.data(), 8192);
  }
  launch_kernel(device, entry, shape, buffers[0], buffers[1], buffers[2], buffers[3]);
  device.finish();
}

TEST(LdsLimits, RefuseALaunchOf66032BytesOnAmd) {
  EXPECT_THAT(
      [] { launch_with("amd-gfx1100", 66032); },
      ThrowsMessage<NativeFault>(HasSubstr("needs 66032 B of LDS, amd-gfx1100 gives 65536 B")));
  EXPECT_NO_THROW(launch_with("amd-gfx1100", 65536));
  EXPECT_NO_THROW(launch_with("nv-sm90", 66032));
}

}  // namespace
}  // namespace kernelgate
