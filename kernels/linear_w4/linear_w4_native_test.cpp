// Tests that the native linear_w4 passes where its seeded bugs are rejected, at both wave widths.
#include "kernels/linear_w4/linear_w4_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

class LinearW4Native : public SeededBugs<> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return NativeTrial("linear_w4", register_linear_w4_reference, register_linear_w4_native,
                       entries)
        .found("native", trial.axes, trial.mode, GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, LinearW4Native, ::testing::Values(32, 64));

// 67 blocks: the lanes of either wave width loop more than once, and the last round is not full.
constexpr const char* rows = "tokens=3,out=5,in=2144,scales=edges,f32";
constexpr const char* tiles = "tokens=70,out=67,in=96,scales=edges,f32";

TEST_P(LinearW4Native, PassesWhereItsMutantsFail) {
  passes_in_both_modes(linear_w4_source_entries(),
                       {rows, tiles, "tokens=1,out=33,in=2080,scales=edges,bf16",
                        "tokens=8,out=9,in=256,format=nf4,block=64,scales=edges,output=f32,f16",
                        "tokens=9,out=3,in=32,output=f32,bf16",
                        "tokens=66,out=65,in=128,format=nf4,block=128,scales=edges,bf16"});
}

TEST_P(LinearW4Native, NibblesInTheOtherOrderAreIncorrect) {
  for (const char* axes : {rows, tiles}) {
    refused(w4_nibbles_swapped_entries(), {axes, DataMode::exact}, "worst    y[");
  }
}

TEST_P(LinearW4Native, TheScaleOfTheNextBlockIsRefused) {
  for (const char* axes : {rows, tiles}) {
    refused(w4_scale_of_the_next_block_entries(), axes, "incorrect");
  }
}

TEST_P(LinearW4Native, AScaleThatIsNaNMustMakeNaN) {
  refused(w4_nan_scale_entries(), rows, "expected nan");
}

TEST_P(LinearW4Native, TheSmallestScaleIsNotZero) {
  refused(w4_zero_scale_entries(), rows, "got 0");
}

TEST_P(LinearW4Native, ALastBlockLeftOutIsIncorrect) {
  refused(w4_last_block_entries(), {rows, DataMode::exact}, "worst    y[");
}

TEST_P(LinearW4Native, ATableThatIsReadBeforeItIsThereIsRefused) {
  refused(w4_unsynced_table_entries(), rows, "shared memory");
}

TEST_P(LinearW4Native, RowsBeyondTheLastAreOutOfBounds) {
  refused(w4_rows_beyond_entries(), rows, "bounds");
}

}  // namespace
}  // namespace kernelgate
