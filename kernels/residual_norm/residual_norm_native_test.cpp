// Tests that the native residual_norm passes and its seeded bugs are rejected, at both wave widths.
#include "kernels/residual_norm/residual_norm_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

class ResidualNormNative : public SeededBugs<> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return NativeTrial("residual_norm", register_residual_norm_reference,
                       register_residual_norm_native, entries)
        .found("native", trial.axes, trial.mode, GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, ResidualNormNative, ::testing::Values(32, 64));

constexpr const char* narrow = "tokens=3,hidden=260,f32";  // a thread has four elements or zero
constexpr const char* odd = "tokens=2,hidden=129,form=last,f32";

TEST_P(ResidualNormNative, PassesWhereItsMutantsFail) {
  passes_in_both_modes(residual_norm_source_entries(),
                       {narrow, odd, "tokens=2,hidden=8192,bf16",
                        "tokens=3,hidden=72,form=first,norm_input=storage,f16",
                        "tokens=2,hidden=2049,form=both,bf16"});
}

TEST_P(ResidualNormNative, ReadingTheOtherWavesSumsTooEarlyIsARace) {
  refused(norm_unsynced_sum_entries(), narrow, "race ");
}

TEST_P(ResidualNormNative, TheLastElementsLeftOutAreMissed) {
  refused(norm_last_left_out_entries(), narrow, "incorrect");
}

TEST_P(ResidualNormNative, AStorePastTheRowIsARaceOrOutOfBounds) {
  refused(norm_past_the_row_entries(), odd, "residual_norm_kernel.hpp");
}

}  // namespace
}  // namespace kernelgate
