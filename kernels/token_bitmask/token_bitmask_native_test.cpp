// Tests that the native token_bitmask passes where its seeded bugs are rejected, at both wave
// widths.
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {

void register_token_bitmask_reference(Registry& registry);
void register_token_bitmask_native(Registry& registry);
NativeEntries token_bitmask_source_entries();
NativeEntries token_bitmask_few_bitmask_reversed_entries();
NativeEntries token_bitmask_few_bitmask_last_word_dropped_entries();
NativeEntries token_bitmask_few_bitmask_mask_off_by_one_entries();
NativeEntries token_bitmask_few_bitmask_added_entries();
NativeEntries token_bitmask_few_bitmask_padding_kept_entries();
NativeEntries token_bitmask_few_bitmask_past_the_row_entries();

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
    for (const NativeEntries mutant : {token_bitmask_few_bitmask_reversed_entries(),
                                       token_bitmask_few_bitmask_last_word_dropped_entries(),
                                       token_bitmask_few_bitmask_mask_off_by_one_entries(),
                                       token_bitmask_few_bitmask_padding_kept_entries()}) {
      refused(mutant, axes, "incorrect");
    }
  }
}

// A thread's neighbouring logits differ here: -inf added to an infinity is a NaN.
TEST_P(TokenBitmaskNative, RefusesAnAddedInfinity) {
  refused(token_bitmask_few_bitmask_added_entries(), by_fours, "incorrect");
}

TEST_P(TokenBitmaskNative, AStorePastTheRowIsARaceOrOutOfBounds) {
  refused(token_bitmask_few_bitmask_past_the_row_entries(), by_ones, "token_bitmask_kernel.hpp");
}

}  // namespace
}  // namespace kernelgate
