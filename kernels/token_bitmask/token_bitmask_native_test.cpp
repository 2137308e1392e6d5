// Tests that the native token_bitmask passes where its seeded bugs are rejected, at both wave
// widths.
#include "kernels/token_bitmask/token_bitmask_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

class TokenBitmaskNative : public SeededBugs<> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return NativeTrial("token_bitmask", register_token_bitmask_reference,
                       register_token_bitmask_native, entries)
        .found("native", trial.axes, trial.mode, GetParam(), 2);
  }
};
INSTANTIATE_TEST_SUITE_P(Wave, TokenBitmaskNative, ::testing::Values(32, 64));

constexpr const char* by_fours = "rows=4,vocabulary=1096,valid=1090,masks=3,f32";
constexpr const char* by_ones = "rows=3,vocabulary=301,valid=299,masks=2,f32";

TEST_P(TokenBitmaskNative, PassesWhereItsMutantsFail) {
  passes_in_both_modes(
      token_bitmask_source_entries(),
      {by_fours, by_ones, "rows=1,vocabulary=1,bf16", "rows=5,vocabulary=33,masks=2,f16",
       "rows=4,vocabulary=2104,valid=2099,masks=2,words=50,bf16"});
}

TEST_P(TokenBitmaskNative, RefusesLogicFaults) {
  for (const char* axes : {by_fours, by_ones}) {
    for (const NativeEntries mutant :
         {bitmask_reversed_entries(), bitmask_last_word_dropped_entries(),
          bitmask_mask_off_by_one_entries(), bitmask_padding_kept_entries()}) {
      refused(mutant, axes, "incorrect");
    }
  }
}

// A thread's neighbouring logits differ here: -inf added to an infinity is a NaN.
TEST_P(TokenBitmaskNative, RefusesAnAddedInfinity) {
  refused(bitmask_added_entries(), by_fours, "incorrect");
}

TEST_P(TokenBitmaskNative, AStorePastTheRowIsARaceOrOutOfBounds) {
  refused(bitmask_past_the_row_entries(), by_ones, "token_bitmask_kernel.hpp");
}

}  // namespace
}  // namespace kernelgate
