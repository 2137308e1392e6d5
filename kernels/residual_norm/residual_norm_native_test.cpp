// Tests that the native residual_norm passes and its seeded bugs are rejected, at both wave widths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/executors/native_trial.hpp"

namespace kernelgate {

void register_residual_norm_reference(Registry& registry);
void register_residual_norm_native(Registry& registry);
NativeEntries residual_norm_source_entries();
NativeEntries residual_norm_few_norm_unsynced_sum_entries();
NativeEntries residual_norm_few_norm_last_left_out_entries();
NativeEntries residual_norm_few_norm_past_the_row_entries();

namespace {

using ::testing::Each;
using ::testing::HasSubstr;

class ResidualNormNative : public ::testing::TestWithParam<int> {
 protected:
  static std::vector<std::string> found(NativeEntries entries, const char* axes,
                                        DataMode mode = DataMode::real) {
    return NativeTrial("residual_norm", register_residual_norm_reference,
                       register_residual_norm_native, entries)
        .found("native", axes, mode, GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, ResidualNormNative, ::testing::Values(32, 64));

constexpr const char* narrow = "tokens=3,hidden=260,f32";  // a thread has four elements or zero
constexpr const char* odd = "tokens=2,hidden=129,form=last,f32";

TEST_P(ResidualNormNative, PassesWhereItsMutantsFail) {
  const NativeEntries sound = residual_norm_source_entries();
  for (const char* axes : {narrow, odd, "tokens=2,hidden=8192,bf16",
                           "tokens=3,hidden=72,form=first,norm_input=storage,f16",
                           "tokens=2,hidden=2049,form=both,bf16"}) {
    for (const DataMode mode : {DataMode::exact, DataMode::real}) {
      EXPECT_THAT(found(sound, axes, mode), Each("")) << axes;
    }
  }
}

TEST_P(ResidualNormNative, ReadingTheOtherWavesSumsTooEarlyIsARace) {
  EXPECT_THAT(found(residual_norm_few_norm_unsynced_sum_entries(), narrow),
              Each(HasSubstr("race ")));
}

TEST_P(ResidualNormNative, TheLastElementsLeftOutAreMissed) {
  EXPECT_THAT(found(residual_norm_few_norm_last_left_out_entries(), narrow),
              Each(HasSubstr("incorrect")));
}

TEST_P(ResidualNormNative, AStorePastTheRowIsARaceOrOutOfBounds) {
  EXPECT_THAT(found(residual_norm_few_norm_past_the_row_entries(), odd),
              Each(HasSubstr("residual_norm_kernel.hpp")));
}

}  // namespace
}  // namespace kernelgate
