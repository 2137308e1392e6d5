// Seeded bugs in router's native kernels (CMakeLists.txt). The source executor or verification
// rejects each bug under every seed; the unmodified kernels pass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/executors/native_trial.hpp"
#include "harness/verify/testing.hpp"
#include "kernels/router/router_native.hpp"

namespace kernelgate {

NativeEntries router_source_entries();
NativeEntries router_router_unsynced_entries();
NativeEntries router_router_whole_tiles_entries();
NativeEntries router_router_wave_of_32_entries();
NativeEntries router_router_strides_of_32_entries();

namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* five = "tokens=5,hidden=64,width=16,experts=4,eda=on,f32";

/// The diagnostics of each schedule.
std::vector<std::string> found(NativeEntries entries, int wave, const char* axes) {
  const RouterCase c = RouterCase::axes().parse(axes);
  return said_under_schedules(wave, [&](SourceDevice& device) {
    return check_mutant(c, DataMode::exact, [&](const RouterCase& shape, TensorSet& tensors) {
      return prepare_native_router(shape, tensors, device, NativeEntrySet(entries));
    });
  });
}

class RouterNative : public testing::TestWithParam<int> {};

TEST_P(RouterNative, PassesWhereItsMutantsFail) {
  EXPECT_THAT(found(router_source_entries(), GetParam(), five), Each(""));
}

TEST_P(RouterNative, LayersWithoutABarrierAreARace) {
  EXPECT_THAT(found(router_router_unsynced_entries(), GetParam(), five), Each(HasSubstr("race")));
}

// Five tokens form a tile of four and a tile of one.
TEST_P(RouterNative, TilesTakenForWholeAreOutOfBounds) {
  EXPECT_THAT(found(router_router_whole_tiles_entries(), GetParam(), five),
              Each(HasSubstr("bounds")));
}

// W3
TEST_P(RouterNative, SumsOver32LanesAreRefusedWhereWavesHave64) {
  const auto texts = found(router_router_wave_of_32_entries(), GetParam(), five);
  if (GetParam() == 32) {
    EXPECT_THAT(texts, Each(""));
  } else {
    EXPECT_THAT(texts, Each(Not("")));
  }
}

// W5: lanes 32 to 63 repeat elements of other lanes.
TEST_P(RouterNative, StridesOf32LanesAreRefusedWhereWavesHave64) {
  constexpr const char* long_rows = "tokens=5,hidden=768,width=128,experts=4,eda=on,f32";
  const auto texts = found(router_router_strides_of_32_entries(), GetParam(), long_rows);
  if (GetParam() == 32) {
    EXPECT_THAT(texts, Each(""));
  } else {
    EXPECT_THAT(texts, Each(Not("")));
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, RouterNative, testing::Values(32, 64),
                         [](const auto& width) { return "w" + std::to_string(width.param); });

}  // namespace
}  // namespace kernelgate
