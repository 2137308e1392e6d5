// Tests that the native bias_balance passes and its seeded bugs are rejected, at both wave widths.
#include "kernels/bias_balance/bias_balance_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

class BiasBalanceNative : public SeededBugs<> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return NativeTrial("bias_balance", register_bias_balance_reference,
                       register_bias_balance_native, entries)
        .found("native", trial.axes, trial.mode, GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, BiasBalanceNative, ::testing::Values(32, 64));

// Two blocks and a tail that is not a multiple of four; and more bins than fit one table per wave.
constexpr const char* two_blocks = "tokens=16391,experts=16,step=3";
constexpr const char* many_bins = "tokens=999,experts=1000,step=7,decay=10";

TEST_P(BiasBalanceNative, PassesWhereItsMutantsFail) {
  passes(bias_balance_source_entries(), {two_blocks,
                                         many_bins,
                                         "tokens=48,experts=16,input=counts",
                                         {"tokens=4096,experts=16,load=even", DataMode::exact}});
}

TEST_P(BiasBalanceNative, CountingBeforeAllCountersAreZeroIsARace) {
  refused(bias_unsynced_clear_entries(), many_bins, "race");
}

TEST_P(BiasBalanceNative, AddingUpBeforeAllHaveCountedIsARace) {
  refused(bias_unsynced_sum_entries(), two_blocks, "race");
}

TEST_P(BiasBalanceNative, AnAtomicOfOneBlockOnTheCountsOfAllIsTooNarrow) {
  refused(bias_block_scope_entries(), two_blocks, "scope");
}

TEST_P(BiasBalanceNative, PlainAdditionsOfTwoBlocksRace) {
  refused(bias_plain_add_entries(), two_blocks, "race");
}

TEST_P(BiasBalanceNative, MovingTheSkipExpertIsIncorrect) {
  refused(bias_skip_moves_entries(), two_blocks, "[16]");
}

}  // namespace
}  // namespace kernelgate
