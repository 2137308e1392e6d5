// Tests expert_gemm on matrix instructions: it passes where its seeded bugs are rejected, on
// devices of both wave widths, and unsupported cases are reported with the reason.
#include "kernels/expert_gemm/expert_gemm_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

class ExpertMatrix : public SeededBugs<Trial, const char*> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return NativeTrial("expert_gemm", register_expert_gemm_reference, register_expert_gemm_native,
                       entries)
        .found_on(device_profile(GetParam()), "native/matrix", trial.axes, trial.mode);
  }
};
INSTANTIATE_TEST_SUITE_P(Devices, ExpertMatrix,
                         ::testing::Values("nv-sm90", "amd-gfx942", "amd-gfx1100",
                                           "amd-gfx1100-w64"),
                         device_label<const char*>);

// Experts of uneven size and skip tokens; rows that are not 16-byte aligned.
constexpr const char* ragged = "tokens=40,hidden=40,inter=72,experts=3,routing=ragged,bf16";
constexpr const char* unaligned =
    "tokens=40,hidden=35,inter=70,experts=3,routing=ragged,skip=identity,f16";

TEST_P(ExpertMatrix, PassesWhereItsMutantsFail) {
  // One term; every token skips, by either rule; experts without tokens; tall tiles, two of them
  // full and one with a single token.
  passes_in_both_modes(
      expert_gemm_source_entries(),
      {ragged, unaligned, "tokens=1,hidden=1,inter=1,experts=1,routing=balanced,skip=drop,f16",
       "tokens=5,hidden=64,inter=8,experts=2,routing=skip,bf16",
       "tokens=5,hidden=33,inter=8,experts=2,routing=skip,skip=identity,f16",
       "tokens=20,hidden=16,inter=16,experts=4,routing=empty,skip=drop,bf16",
       "tokens=129,hidden=24,inter=40,experts=1,routing=one,f16"});
}

TEST_P(ExpertMatrix, ATileThatIsReadBeforeItIsThereIsRefused) {
  refused(expert_matrix_unsynced_entries(), ragged, "shared memory");
}

TEST_P(ExpertMatrix, ResultsCopiedBeforeTheyAreThereAreRefused) {
  refused(expert_matrix_unstaged_entries(), ragged, "shared memory");
}

TEST_P(ExpertMatrix, GateAndUpInEachOthersPlaceIsIncorrect) {
  refused(expert_matrix_gate_is_up_entries(), ragged, "worst    m[");
}

TEST_P(ExpertMatrix, AWeightLeftOutIsIncorrect) {
  refused(expert_matrix_unweighted_entries(), ragged, "worst    m[");
}

// Two blocks write the inner rows of the next expert's tokens, and some rows are beyond the last.
TEST_P(ExpertMatrix, RowsBeyondTheTileAreRefused) {
  refused(expert_matrix_rows_beyond_entries(), ragged, "inner");
}

TEST_P(ExpertMatrix, TheFirstExpertsWeightsForAllIsIncorrect) {
  refused(expert_matrix_first_expert_entries(), ragged, "worst    m[");
}

class ExpertMatrixPlan : public ::testing::Test {
 protected:
  ExpertMatrixPlan() {
    register_expert_gemm_reference(registry);
    registry.add_entries("expert_gemm", Backend::source, expert_gemm_source_entries());
    register_expert_gemm_native(registry);
    variant = registry.find("expert_gemm").find_variant("native/matrix");
  }
  std::unique_ptr<Case> parse(const char* axes) const {
    return registry.find("expert_gemm").parse(axes);
  }
  Registry registry;
  const Variant* variant = nullptr;
};

TEST_F(ExpertMatrixPlan, SaysWhatADeviceLacks) {
  const auto shape = parse("tokens=9,hidden=8,inter=8,experts=2,f16");
  for (const char* device : {"nv-sm80", "nv-sm120", "amd-gfx90a", "amd-gfx950", "amd-gfx1151",
                             "amd-gfx1201", "amd-gfx1100-w64"}) {
    EXPECT_EQ(variant->native->unsupported_reason(*shape, device_profile(device)), std::nullopt)
        << device;
  }
  for (const char* device : {"amd-gfx1030", "tiny", "wide"}) {
    EXPECT_EQ(variant->native->unsupported_reason(*shape, device_profile(device)),
              "needs matrix instructions of 16 x 16 x 16 in bf16 and f16, " + std::string(device) +
                  " has none");
  }
  EXPECT_EQ(variant->native->unsupported_reason(*parse("tokens=9,hidden=8,inter=8,experts=2,f32"),
                                                device_profile("nv-sm90")),
            "matrix instructions take bf16 and f16, this case is f32");
}

// By hand: 512 / 16 = 32 tokens per expert, so tiles of 16: 32 + 16 of them, one more bin for skip;
// 2048 / 64 inner ranges, 2048 / 128 output ranges.
TEST_F(ExpertMatrixPlan, CutsTilesAsTallAsAnExpertsShare) {
  const auto shape = parse("tokens=512,hidden=2048,inter=2048,experts=16,routing=balanced,bf16");
  EXPECT_THAT(variant->native->instance(*shape, device_profile("amd-gfx942")),
              ::testing::EndsWith("expert_gate_up_matrix<bf16,w64,rows16> (32,48,1) x 128, "
                                  "expert_down_matrix<bf16,w64,rows16> (16,49,1) x 128"));
}

}  // namespace
}  // namespace kernelgate
