// Tests that the native expert_gemm_w4 passes where its seeded bugs are rejected, at both wave
// widths. The seeded bugs of the sort are expert_gemm's.
#include "kernels/expert_gemm_w4/expert_gemm_w4_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

class ExpertGemmW4Native : public SeededBugs<> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return NativeTrial("expert_gemm_w4", register_expert_gemm_w4_reference,
                       register_expert_gemm_w4_native, entries)
        .found("native", trial.axes, trial.mode, GetParam(), 2);
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, ExpertGemmW4Native, ::testing::Values(32, 64));

constexpr const char* plain = "tokens=20,hidden=96,inter=64,experts=3,routing=ragged,f32";
constexpr const char* edges =
    "tokens=20,hidden=64,inter=96,experts=3,scales=edges,routing=ragged,f32";

TEST_P(ExpertGemmW4Native, PassesWhereItsMutantsFail) {
  passes(
      expert_gemm_w4_source_entries(),
      {plain, edges,
       "tokens=9,hidden=64,inter=64,experts=4,format=nf4,block=64,scales=edges,skip=identity,bf16",
       "tokens=70,hidden=32,inter=96,experts=2,scales=edges,routing=balanced,f16"});
}

TEST_P(ExpertGemmW4Native, NibblesInTheOtherOrderAreIncorrect) {
  refused(expert_w4_nibbles_swapped_entries(), plain, "worst    m[");
}

TEST_P(ExpertGemmW4Native, AScaleThatIsNaNMustMakeNaN) {
  refused(expert_w4_nan_scale_entries(), edges, "expected nan");
}

TEST_P(ExpertGemmW4Native, GateAndUpInEachOthersPlaceIsIncorrect) {
  refused(expert_w4_gate_is_up_entries(), plain, "worst    m[");
}

TEST_P(ExpertGemmW4Native, TheFirstExpertsWeightsForAllAreIncorrect) {
  refused(expert_w4_first_expert_entries(), plain, "worst    m[");
}

TEST_P(ExpertGemmW4Native, ALastBlockLeftOutIsIncorrect) {
  refused(expert_w4_last_block_entries(), plain, "worst    m[");
}

TEST_P(ExpertGemmW4Native, ATableThatIsReadBeforeItIsThereIsRefused) {
  refused(expert_w4_unsynced_table_entries(), plain, "shared memory");
}

}  // namespace
}  // namespace kernelgate
