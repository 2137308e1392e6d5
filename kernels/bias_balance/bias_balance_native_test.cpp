// Tests that the native bias_balance passes and its seeded bugs are rejected, at both wave widths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/executors/native_trial.hpp"

namespace kernelgate {

void register_bias_balance_reference(Registry& registry);
void register_bias_balance_native(Registry& registry);
NativeEntries bias_balance_source_entries();
NativeEntries bias_balance_few_bias_unsynced_clear_entries();
NativeEntries bias_balance_few_bias_unsynced_sum_entries();
NativeEntries bias_balance_few_bias_block_scope_entries();
NativeEntries bias_balance_few_bias_plain_add_entries();
NativeEntries bias_balance_few_bias_skip_moves_entries();

namespace {

using ::testing::Each;
using ::testing::HasSubstr;

class BiasBalanceNative : public ::testing::TestWithParam<int> {
 protected:
  static std::vector<std::string> found(NativeEntries entries, const char* axes,
                                        DataMode mode = DataMode::real) {
    return NativeTrial("bias_balance", register_bias_balance_reference,
                       register_bias_balance_native, entries)
        .found("native", axes, mode, GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, BiasBalanceNative, ::testing::Values(32, 64));

// Two blocks and a tail that is not a multiple of four; and more bins than fit one table per wave.
constexpr const char* two_blocks = "tokens=16391,experts=16,step=3";
constexpr const char* many_bins = "tokens=999,experts=1000,step=7,decay=10";

TEST_P(BiasBalanceNative, PassesWhereItsMutantsFail) {
  const NativeEntries sound = bias_balance_source_entries();
  for (const char* axes : {two_blocks, many_bins, "tokens=48,experts=16,input=counts"}) {
    EXPECT_THAT(found(sound, axes), Each("")) << axes;
  }
  EXPECT_THAT(found(sound, "tokens=4096,experts=16,load=even", DataMode::exact), Each(""));
}

TEST_P(BiasBalanceNative, CountingBeforeAllCountersAreZeroIsARace) {
  EXPECT_THAT(found(bias_balance_few_bias_unsynced_clear_entries(), many_bins),
              Each(HasSubstr("race")));
}

TEST_P(BiasBalanceNative, AddingUpBeforeAllHaveCountedIsARace) {
  EXPECT_THAT(found(bias_balance_few_bias_unsynced_sum_entries(), two_blocks),
              Each(HasSubstr("race")));
}

TEST_P(BiasBalanceNative, AnAtomicOfOneBlockOnTheCountsOfAllIsTooNarrow) {
  EXPECT_THAT(found(bias_balance_few_bias_block_scope_entries(), two_blocks),
              Each(HasSubstr("scope")));
}

TEST_P(BiasBalanceNative, PlainAdditionsOfTwoBlocksRace) {
  EXPECT_THAT(found(bias_balance_few_bias_plain_add_entries(), two_blocks),
              Each(HasSubstr("race")));
}

TEST_P(BiasBalanceNative, MovingTheSkipExpertIsIncorrect) {
  EXPECT_THAT(found(bias_balance_few_bias_skip_moves_entries(), two_blocks),
              Each(HasSubstr("[16]")));
}

}  // namespace
}  // namespace kernelgate
