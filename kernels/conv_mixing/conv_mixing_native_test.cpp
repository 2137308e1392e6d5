// Seeded bugs in conv_mixing's native kernels (CMakeLists.txt). The source executor or verification
// rejects each bug under every seed at both wave widths; the unmodified kernel passes.
#include <string>
#include <vector>

#include "kernels/conv_mixing/conv_mixing_native.hpp"
#include "kernels/conv_mixing/conv_mixing_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

constexpr Trial prefill = "tokens=9,heads=2,kv_heads=1,head_dim=40,rotary=8,f32";
constexpr Trial prefill_exact{"tokens=9,heads=2,kv_heads=1,head_dim=16,rotary=8,stage=conv,f32",
                              DataMode::exact};
constexpr Trial decode =
    "tokens=5,heads=2,kv_heads=1,head_dim=40,rotary=8,position=9,form=decode,f32";

class ConvMixingNative : public SeededBugs<> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return found_without_plan<ConvMixingCase>(GetParam(), entries, trial.axes, trial.mode,
                                              prepare_native_conv_mixing);
  }
};

TEST_P(ConvMixingNative, PassesWhereItsMutantsFail) {
  passes(conv_mixing_source_entries(), {prefill, prefill_exact, decode});
}

// A race if the next tile arrives too early, an uninitialised read if it never arrived.
TEST_P(ConvMixingNative, WithoutABarrierBetweenWeightTilesIsRefused) {
  refused(conv_tile_unsynced_entries(), prefill, "shared memory");
}

// C1: the state is written before all threads have read it.
TEST_P(ConvMixingNative, WritingTheStateFirstIsARace) {
  refused(conv_state_first_entries(), decode, "race");
}

// C3: every row of the batch updates the first row's state.
TEST_P(ConvMixingNative, OneSlotForAllRowsIsRefused) { refused(conv_one_slot_entries(), decode); }

TEST_P(ConvMixingNative, RotatingWithoutWaitingForTheWaveIsARace) {
  refused(conv_wave_synchronous_entries(), prefill, "race");
}

// C5: D before the first token is 0 instead of the bias.
TEST_P(ConvMixingNative, AZeroPadBetweenTheConvolutionsIsIncorrect) {
  refused(conv_zero_pad_entries(), prefill_exact, "q[");
}

// W1: a sum over 32 lanes, where a wave has 64.
TEST_P(ConvMixingNative, AWaveOf32IsRefusedWhereItHas64) {
  refused_in_waves_of_64(conv_wave_of_32_entries(), prefill, "sync");
}

// The determinism claim of its plan: bit-identical results under every schedule.
TEST_P(ConvMixingNative, GivesTheSameBitsUnderTwentySchedules) {
  for (const Trial& trial : {prefill, decode}) {
    const ConvMixingCase c = ConvMixingCase::axes().parse(trial.axes);
    expect_same_bits(c, GetParam(), {"q", "k", "v", "conv_state", "lag_state"},
                     [&](TensorSet& tensors, SourceDevice& device) {
                       return prepare_native_conv_mixing(
                           c, tensors, device, NativeEntrySet(conv_mixing_source_entries()));
                     });
  }
}

INSTANTIATE_TEST_SUITE_P(Waves, ConvMixingNative, testing::Values(32, 64), device_label<int>);

}  // namespace
}  // namespace kernelgate
