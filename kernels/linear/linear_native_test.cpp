// Tests that the native linear passes where its seeded bugs are rejected, at both wave widths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/executors/native_trial.hpp"

namespace kernelgate {

void register_linear_reference(Registry& registry);
void register_linear_native(Registry& registry);
NativeEntries linear_source_entries();
NativeEntries linear_few_linear_unsynced_tile_entries();
NativeEntries linear_few_linear_rows_beyond_entries();
NativeEntries linear_few_linear_terms_beyond_entries();
NativeEntries linear_few_linear_wave_of_32_entries();
NativeEntries linear_few_linear_part_left_out_entries();

namespace {

using ::testing::Each;
using ::testing::HasSubstr;

class LinearNative : public ::testing::TestWithParam<int> {
 protected:
  static std::vector<std::string> found(NativeEntries entries, const char* axes,
                                        DataMode mode = DataMode::real) {
    return NativeTrial("linear", register_linear_reference, register_linear_native, entries)
        .found("native", axes, mode, GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, LinearNative, ::testing::Values(32, 64));

// Rows in three splits of 840 and 824 terms; tiles with edges on every side.
constexpr const char* in_parts = "tokens=3,out=5,in=2504,f32";
constexpr const char* tiles = "tokens=70,out=67,in=50,f32";

TEST_P(LinearNative, PassesWhereItsMutantsFail) {
  const NativeEntries sound = linear_source_entries();
  for (const char* axes :
       {in_parts, tiles, "tokens=1,out=33,in=2051,bf16", "tokens=8,out=9,in=256,output=f32,f16",
        "tokens=9,out=3,in=17,output=f32,bf16", "tokens=1,out=2,in=4096,output=f32,bf16"}) {
    for (const DataMode mode : {DataMode::exact, DataMode::real}) {
      EXPECT_THAT(found(sound, axes, mode), Each("")) << axes;
    }
  }
}

TEST_P(LinearNative, ATileThatIsReadBeforeItIsThereIsRefused) {
  EXPECT_THAT(found(linear_few_linear_unsynced_tile_entries(), tiles),
              Each(HasSubstr("shared memory")));
}

TEST_P(LinearNative, RowsBeyondTheLastAreOutOfBounds) {
  EXPECT_THAT(found(linear_few_linear_rows_beyond_entries(), in_parts), Each(HasSubstr("bounds")));
}

// The last split reads on into the next row, whose terms are added too.
TEST_P(LinearNative, TermsBeyondTheRowAreRefused) {
  EXPECT_THAT(found(linear_few_linear_terms_beyond_entries(), in_parts),
              Each(HasSubstr("incorrect")));
}

TEST_P(LinearNative, ASumOf32LanesIsRefusedWhereAWaveHas64) {
  const auto texts = found(linear_few_linear_wave_of_32_entries(), in_parts);
  if (GetParam() == 32) {
    EXPECT_THAT(texts, Each(""));
  } else {
    EXPECT_THAT(texts, Each(HasSubstr("sync")));
  }
}

TEST_P(LinearNative, APartLeftOutIsIncorrect) {
  EXPECT_THAT(found(linear_few_linear_part_left_out_entries(), in_parts, DataMode::exact),
              Each(HasSubstr("worst    y[")));
}

}  // namespace
}  // namespace kernelgate
