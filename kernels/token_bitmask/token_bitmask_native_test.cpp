// Tests that the native token_bitmask passes where its seeded bugs are rejected, at both wave
// widths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/executors/native_trial.hpp"

namespace kernelgate {

void register_token_bitmask_reference(Registry& registry);
void register_token_bitmask_native(Registry& registry);
NativeEntries token_bitmask_source_entries();
NativeEntries token_bitmask_few_bitmask_reversed_entries();
NativeEntries token_bitmask_few_bitmask_last_word_dropped_entries();
NativeEntries token_bitmask_few_bitmask_mask_off_by_one_entries();
NativeEntries token_bitmask_few_bitmask_added_entries();
NativeEntries token_bitmask_few_bitmask_padding_kept_entries();
NativeEntries token_bitmask_few_bitmask_past_the_row_entries();

namespace {

using ::testing::Each;
using ::testing::HasSubstr;

class TokenBitmaskNative : public ::testing::TestWithParam<int> {
 protected:
  static std::vector<std::string> found(NativeEntries entries, const char* axes,
                                        DataMode mode = DataMode::real) {
    return NativeTrial("token_bitmask", register_token_bitmask_reference,
                       register_token_bitmask_native, entries)
        .found("native", axes, mode, GetParam(), 2);
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, TokenBitmaskNative, ::testing::Values(32, 64));

constexpr const char* by_fours = "rows=4,vocabulary=1096,valid=1090,masks=3,f32";
constexpr const char* by_ones = "rows=3,vocabulary=301,valid=299,masks=2,f32";

TEST_P(TokenBitmaskNative, PassesWhereItsMutantsFail) {
  for (const char* axes :
       {by_fours, by_ones, "rows=1,vocabulary=1,bf16", "rows=5,vocabulary=33,masks=2,f16",
        "rows=4,vocabulary=2104,valid=2099,masks=2,words=50,bf16"}) {
    for (const DataMode mode : {DataMode::exact, DataMode::real}) {
      EXPECT_THAT(found(token_bitmask_source_entries(), axes, mode), Each("")) << axes;
    }
  }
}

TEST_P(TokenBitmaskNative, RefusesLogicFaults) {
  for (const char* axes : {by_fours, by_ones}) {
    for (const NativeEntries mutant : {token_bitmask_few_bitmask_reversed_entries(),
                                       token_bitmask_few_bitmask_last_word_dropped_entries(),
                                       token_bitmask_few_bitmask_mask_off_by_one_entries(),
                                       token_bitmask_few_bitmask_padding_kept_entries()}) {
      EXPECT_THAT(found(mutant, axes), Each(HasSubstr("incorrect"))) << axes;
    }
  }
}

// A thread's neighbouring logits differ here: -inf added to an infinity is a NaN.
TEST_P(TokenBitmaskNative, RefusesAnAddedInfinity) {
  EXPECT_THAT(found(token_bitmask_few_bitmask_added_entries(), by_fours),
              Each(HasSubstr("incorrect")));
}

TEST_P(TokenBitmaskNative, AStorePastTheRowIsARaceOrOutOfBounds) {
  EXPECT_THAT(found(token_bitmask_few_bitmask_past_the_row_entries(), by_ones),
              Each(HasSubstr("token_bitmask_kernel.hpp")));
}

}  // namespace
}  // namespace kernelgate
