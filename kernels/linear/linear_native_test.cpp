// Tests that the native linear passes where its seeded bugs are rejected, at both wave widths.
#include "kernels/linear/linear_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

class LinearNative : public SeededBugs<> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return NativeTrial("linear", register_linear_reference, register_linear_native, entries)
        .found("native", trial.axes, trial.mode, GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, LinearNative, ::testing::Values(32, 64));

// Rows in three splits of 840 and 824 terms; tiles with edges on every side.
constexpr const char* in_parts = "tokens=3,out=5,in=2504,f32";
constexpr const char* tiles = "tokens=70,out=67,in=50,f32";

TEST_P(LinearNative, PassesWhereItsMutantsFail) {
  passes_in_both_modes(
      linear_source_entries(),
      {in_parts, tiles, "tokens=1,out=33,in=2051,bf16", "tokens=8,out=9,in=256,output=f32,f16",
       "tokens=9,out=3,in=17,output=f32,bf16", "tokens=1,out=2,in=4096,output=f32,bf16"});
}

TEST_P(LinearNative, ATileThatIsReadBeforeItIsThereIsRefused) {
  refused(linear_unsynced_tile_entries(), tiles, "shared memory");
}

TEST_P(LinearNative, RowsBeyondTheLastAreOutOfBounds) {
  refused(linear_rows_beyond_entries(), in_parts, "bounds");
}

// The last split reads on into the next row, whose terms are added too.
TEST_P(LinearNative, TermsBeyondTheRowAreRefused) {
  refused(linear_terms_beyond_entries(), in_parts, "incorrect");
}

TEST_P(LinearNative, ASumOf32LanesIsRefusedWhereAWaveHas64) {
  refused_in_waves_of_64(linear_wave_of_32_entries(), in_parts, "sync");
}

TEST_P(LinearNative, APartLeftOutIsIncorrect) {
  refused(linear_part_left_out_entries(), {in_parts, DataMode::exact}, "worst    y[");
}

}  // namespace
}  // namespace kernelgate
