// Tests that the native expert_gemm passes where its seeded bugs are rejected, at both wave widths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/executors/native_trial.hpp"

namespace kernelgate {

void register_expert_gemm_reference(Registry& registry);
void register_expert_gemm_native(Registry& registry);
NativeEntries expert_gemm_source_entries();
NativeEntries expert_gemm_few_expert_unsynced_bins_entries();
NativeEntries expert_gemm_few_expert_unsynced_offsets_entries();
NativeEntries expert_gemm_few_expert_counts_itself_entries();
NativeEntries expert_gemm_few_expert_gate_is_up_entries();

namespace {

using ::testing::Each;
using ::testing::HasSubstr;

class ExpertGemmNative : public ::testing::TestWithParam<int> {
 protected:
  static std::vector<std::string> found(NativeEntries entries, const char* axes,
                                        DataMode mode = DataMode::real) {
    return NativeTrial("expert_gemm", register_expert_gemm_reference, register_expert_gemm_native,
                       entries)
        .found("native", axes, mode, GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, ExpertGemmNative, ::testing::Values(32, 64));

constexpr const char* ragged = "tokens=40,hidden=33,inter=18,experts=3,routing=ragged,f32";

TEST_P(ExpertGemmNative, PassesWhereItsMutantsFail) {
  const NativeEntries sound = expert_gemm_source_entries();
  // Two blocks of tokens; tall tiles; every token skips; an expert without tokens.
  for (const char* axes :
       {ragged, "tokens=300,hidden=8,inter=8,experts=20,routing=ragged,skip=identity,bf16",
        "tokens=140,hidden=24,inter=40,experts=2,routing=balanced,f16",
        "tokens=5,hidden=64,inter=8,experts=2,routing=skip,f32",
        "tokens=20,hidden=16,inter=16,experts=4,routing=empty,skip=drop,bf16"}) {
    for (const DataMode mode : {DataMode::exact, DataMode::real}) {
      EXPECT_THAT(found(sound, axes, mode), Each("")) << axes;
    }
  }
}

TEST_P(ExpertGemmNative, CountingBeforeAllBinsAreReadIsRefused) {
  EXPECT_THAT(found(expert_gemm_few_expert_unsynced_bins_entries(), ragged),
              Each(HasSubstr("shared memory")));
}

TEST_P(ExpertGemmNative, AddingOffsetsBeforeAllWavesHaveCountedIsARace) {
  EXPECT_THAT(found(expert_gemm_few_expert_unsynced_offsets_entries(), ragged),
              Each(HasSubstr("offset")));
}

TEST_P(ExpertGemmNative, ATokenThatCountsItselfIsRefused) {
  EXPECT_THAT(found(expert_gemm_few_expert_counts_itself_entries(), ragged),
              Each(HasSubstr("incorrect")));
}

TEST_P(ExpertGemmNative, GateAndUpInEachOthersPlaceIsIncorrect) {
  EXPECT_THAT(found(expert_gemm_few_expert_gate_is_up_entries(), ragged),
              Each(HasSubstr("worst    m[")));
}

}  // namespace
}  // namespace kernelgate
