#include "harness/support/launches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/support/synthetic_kernel.hpp"

namespace kernelgate {
namespace {

using synthetic::native_row;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST(CoveredDevices, AreTheOthersThatLaunchTheSame) {
  const Registry registry = synthetic::registry();
  const CoveredDevices covers = covered_devices(registry);
  // 12 of the 17 profiles have waves of 32; its own device is not among those covered.
  const auto by_sm75 = covers(native_row("rows=1,f32", "nv-sm75", Status::passed));
  EXPECT_THAT(by_sm75, SizeIs(11));
  EXPECT_THAT(by_sm75, Contains("nv-sm90"));
  EXPECT_THAT(by_sm75, Not(Contains("nv-sm75")));
  EXPECT_THAT(covers(native_row("rows=1,f32", "amd-gfx942", Status::passed)), SizeIs(4));
}

TEST(CoveredDevices, AreFewerWhereADeviceRefusesTheCase) {
  const Registry registry = synthetic::registry();
  // From 10 rows on the kernel needs 32 KiB of LDS, which tiny does not have.
  EXPECT_THAT(covered_devices(registry)(native_row("rows=10,f32", "nv-sm75", Status::passed)),
              Not(Contains("tiny")));
}

TEST(CoveredDevices, AreNoneForUnsupportedCasesHostRowsAndWhatThisBuildDoesNotHave) {
  const Registry registry = synthetic::registry();
  const CoveredDevices covers = covered_devices(registry);
  EXPECT_THAT(covers(native_row("rows=1,f32", "nv-sm75", Status::unsupported)), IsEmpty());
  EXPECT_THAT(covers(native_row("rows=1,f32", "nv-sm75000", Status::passed)), IsEmpty());
  EXPECT_THAT(covers(native_row("columns=1,f32", "nv-sm75", Status::passed)), IsEmpty());
  Record foreign = native_row("rows=1,f32", "nv-sm75", Status::passed);
  foreign.kernel = "gone";
  EXPECT_THAT(covers(foreign), IsEmpty());
  Record gpu = native_row("rows=1,f32", "nv-sm90", Status::passed);
  gpu.backend = Backend::cuda;
  EXPECT_THAT(covers(gpu), IsEmpty());
}

}  // namespace
}  // namespace kernelgate
