// Tests that the native expert_gemm passes where its seeded bugs are rejected, at both wave widths.
#include "kernels/expert_gemm/expert_gemm_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

class ExpertGemmNative : public SeededBugs<> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return NativeTrial("expert_gemm", register_expert_gemm_reference, register_expert_gemm_native,
                       entries)
        .found("native", trial.axes, trial.mode, GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, ExpertGemmNative, ::testing::Values(32, 64));

constexpr const char* ragged = "tokens=40,hidden=33,inter=18,experts=3,routing=ragged,f32";

TEST_P(ExpertGemmNative, PassesWhereItsMutantsFail) {
  // Two blocks of tokens; tall tiles; every token skips; an expert without tokens.
  passes_in_both_modes(
      expert_gemm_source_entries(),
      {ragged, "tokens=300,hidden=8,inter=8,experts=20,routing=ragged,skip=identity,bf16",
       "tokens=140,hidden=24,inter=40,experts=2,routing=balanced,f16",
       "tokens=5,hidden=64,inter=8,experts=2,routing=skip,f32",
       "tokens=20,hidden=16,inter=16,experts=4,routing=empty,skip=drop,bf16"});
}

TEST_P(ExpertGemmNative, CountingBeforeAllBinsAreReadIsRefused) {
  refused(expert_unsynced_bins_entries(), ragged, "shared memory");
}

TEST_P(ExpertGemmNative, AddingOffsetsBeforeAllWavesHaveCountedIsARace) {
  refused(expert_unsynced_offsets_entries(), ragged, "offset");
}

TEST_P(ExpertGemmNative, ATokenThatCountsItselfIsRefused) {
  refused(expert_counts_itself_entries(), ragged, "incorrect");
}

TEST_P(ExpertGemmNative, GateAndUpInEachOthersPlaceIsIncorrect) {
  refused(expert_gate_is_up_entries(), ragged, "worst    m[");
}

}  // namespace
}  // namespace kernelgate
