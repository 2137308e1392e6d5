// Tests linear on matrix instructions: it passes where its seeded bugs are rejected, on devices of
// both wave widths, and unsupported cases are reported with the reason.
#include "kernels/linear/linear.hpp"
#include "kernels/linear/linear_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

class LinearMatrix : public SeededBugs<Trial, const char*> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return NativeTrial("linear", register_linear_reference, register_linear_native, entries)
        .found_on(device_profile(GetParam()), "native/matrix", trial.axes, trial.mode);
  }
};
INSTANTIATE_TEST_SUITE_P(Devices, LinearMatrix,
                         ::testing::Values("nv-sm90", "amd-gfx942", "amd-gfx1100",
                                           "amd-gfx1100-w64"),
                         device_label<const char*>);

// Two tiles of tokens and of outputs, three steps of terms, an edge on every side.
constexpr const char* edges = "tokens=70,out=72,in=72,bf16";
constexpr const char* unaligned = "tokens=66,out=67,in=77,bf16";

TEST_P(LinearMatrix, PassesWhereItsMutantsFail) {
  passes_in_both_modes(
      linear_source_entries(),
      {edges, unaligned, "tokens=1,out=1,in=1,f16", "tokens=64,out=64,in=64,f16",
       "tokens=65,out=130,in=40,output=f32,f16", "tokens=3,out=9,in=250,output=f32,bf16"});
}

// 8 by 16 tiles of 128; the last ones are one token and one output wide.
TEST_P(LinearMatrix, PassesInLargeTiles) {
  const NativeTrial sound("linear", register_linear_reference, register_linear_native,
                          linear_source_entries());
  EXPECT_THAT(sound.found_on(device_profile(GetParam()), "native/matrix",
                             "tokens=897,out=1921,in=8,f16", DataMode::exact, 1),
              ::testing::Each(""));
}

TEST_P(LinearMatrix, ATileThatIsReadBeforeItIsThereIsRefused) {
  refused(linear_matrix_unsynced_entries(), edges, "shared memory");
}

TEST_P(LinearMatrix, ResultsCopiedBeforeTheyAreThereAreRefused) {
  refused(linear_matrix_unstaged_entries(), edges, "shared memory");
}

// The next row's first terms are added; after the last row they are out of bounds.
TEST_P(LinearMatrix, TermsBeyondTheRowAreRefused) {
  refused(linear_matrix_terms_beyond_entries(), edges, "bounds");
  refused(linear_matrix_elements_beyond_entries(), unaligned, "bounds");
}

TEST_P(LinearMatrix, TheSecondHalfOfEveryStepLeftOutIsIncorrect) {
  refused(linear_matrix_half_a_step_entries(), edges, "worst    y[");
}

TEST_P(LinearMatrix, RowsBeyondTheLastAreOutOfBounds) {
  refused(linear_matrix_rows_beyond_entries(), edges, "bounds");
}

class LinearMatrixPlan : public ::testing::Test {
 protected:
  LinearMatrixPlan() {
    register_linear_reference(registry);
    registry.add_entries("linear", Backend::source, linear_source_entries());
    register_linear_native(registry);
  }
  std::optional<std::string> refused(const char* axes, const char* device) const {
    const Kernel& kernel = registry.find("linear");
    return kernel.find_variant("native/matrix")
        ->native->unsupported_reason(*kernel.parse(axes), device_profile(device));
  }
  std::string describe(const char* axes, const char* device) const {
    const Kernel& kernel = registry.find("linear");
    return kernel.find_variant("native/matrix")
        ->native->instance(*kernel.parse(axes), device_profile(device));
  }
  Registry registry;
};

TEST_F(LinearMatrixPlan, SaysWhatADeviceLacks) {
  const char* axes = "tokens=70,out=64,in=64,bf16";
  for (const char* device : {"nv-sm80", "nv-sm120", "amd-gfx90a", "amd-gfx950", "amd-gfx1151",
                             "amd-gfx1201", "amd-gfx1100-w64"}) {
    EXPECT_EQ(refused(axes, device), std::nullopt) << device;
  }
  EXPECT_EQ(refused(axes, "nv-sm75"),
            "needs matrix instructions of 16 x 16 x 16 in bf16 and f16, nv-sm75 has mma_sync_k8");
  EXPECT_EQ(refused(axes, "amd-gfx1030"),
            "needs matrix instructions of 16 x 16 x 16 in bf16 and f16, amd-gfx1030 has none");
  EXPECT_EQ(refused("tokens=70,out=64,in=64,f32", "nv-sm90"),
            "matrix instructions take bf16 and f16, this case is f32");
}

// Blocks by hand: 4 x 12 tiles of 128 are too few, so 8 x 24 of 64; 4 x 32 of 128 are enough.
TEST_F(LinearMatrixPlan, TakesLargeTilesWhereTheyFillADevice) {
  EXPECT_EQ(describe("tokens=512,out=1536,in=2048,bf16", "nv-sm90"),
            "linear_matrix<bf16,w32,64> 192 x 128");
  EXPECT_EQ(describe("tokens=512,out=4096,in=2048,bf16", "amd-gfx942"),
            "linear_matrix<bf16,w64,128> 128 x 256");
}

}  // namespace
}  // namespace kernelgate
