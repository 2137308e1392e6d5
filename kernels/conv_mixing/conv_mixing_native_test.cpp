// Seeded bugs in conv_mixing's native kernels (CMakeLists.txt). The source executor or verification
// rejects each bug under every seed at both wave widths; the unmodified kernel passes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "harness/executors/native_trial.hpp"
#include "harness/verify/testing.hpp"
#include "kernels/conv_mixing/conv_mixing_native.hpp"

namespace kernelgate {

NativeEntries conv_mixing_source_entries();
NativeEntries conv_mixing_conv_tile_unsynced_entries();
NativeEntries conv_mixing_conv_state_first_entries();
NativeEntries conv_mixing_conv_one_slot_entries();
NativeEntries conv_mixing_conv_wave_synchronous_entries();
NativeEntries conv_mixing_conv_zero_pad_entries();
NativeEntries conv_mixing_conv_wave_of_32_entries();

namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

/// The diagnostics of each schedule.
std::vector<std::string> found(NativeEntries entries, int wave, const std::string& axes,
                               DataMode mode) {
  const ConvMixingCase c = ConvMixingCase::axes().parse(axes);
  return said_under_schedules(wave, [&](SourceDevice& device) {
    return check_mutant(c, mode, [&](const ConvMixingCase& shape, TensorSet& tensors) {
      return prepare_native_conv_mixing(shape, tensors, device, NativeEntrySet(entries));
    });
  });
}

constexpr const char* prefill = "tokens=9,heads=2,kv_heads=1,head_dim=40,rotary=8,f32";
constexpr const char* prefill_exact =
    "tokens=9,heads=2,kv_heads=1,head_dim=16,rotary=8,stage=conv,f32";
constexpr const char* decode =
    "tokens=5,heads=2,kv_heads=1,head_dim=40,rotary=8,position=9,form=decode,f32";

class ConvMixingNative : public testing::TestWithParam<int> {};

TEST_P(ConvMixingNative, PassesWhereItsMutantsFail) {
  const NativeEntries entries = conv_mixing_source_entries();
  EXPECT_THAT(found(entries, GetParam(), prefill, DataMode::real), Each(""));
  EXPECT_THAT(found(entries, GetParam(), prefill_exact, DataMode::exact), Each(""));
  EXPECT_THAT(found(entries, GetParam(), decode, DataMode::real), Each(""));
}

// A race if the next tile arrives too early, an uninitialised read if it never arrived.
TEST_P(ConvMixingNative, WithoutABarrierBetweenWeightTilesIsRefused) {
  EXPECT_THAT(found(conv_mixing_conv_tile_unsynced_entries(), GetParam(), prefill, DataMode::real),
              Each(HasSubstr("shared memory")));
}

// C1: the state is written before all threads have read it.
TEST_P(ConvMixingNative, WritingTheStateFirstIsARace) {
  EXPECT_THAT(found(conv_mixing_conv_state_first_entries(), GetParam(), decode, DataMode::real),
              Each(HasSubstr("race")));
}

// C3: every row of the batch updates the first row's state.
TEST_P(ConvMixingNative, OneSlotForAllRowsIsRefused) {
  EXPECT_THAT(found(conv_mixing_conv_one_slot_entries(), GetParam(), decode, DataMode::real),
              Each(Not("")));
}

TEST_P(ConvMixingNative, RotatingWithoutWaitingForTheWaveIsARace) {
  EXPECT_THAT(
      found(conv_mixing_conv_wave_synchronous_entries(), GetParam(), prefill, DataMode::real),
      Each(HasSubstr("race")));
}

// C5: D before the first token is 0 instead of the bias.
TEST_P(ConvMixingNative, AZeroPadBetweenTheConvolutionsIsIncorrect) {
  EXPECT_THAT(
      found(conv_mixing_conv_zero_pad_entries(), GetParam(), prefill_exact, DataMode::exact),
      Each(HasSubstr("q[")));
}

// W1: a sum over 32 lanes, where a wave has 64.
TEST_P(ConvMixingNative, AWaveOf32IsRefusedWhereItHas64) {
  const std::vector<std::string> texts =
      found(conv_mixing_conv_wave_of_32_entries(), GetParam(), prefill, DataMode::real);
  if (GetParam() == 32) {
    EXPECT_THAT(texts, Each(""));
  } else {
    EXPECT_THAT(texts, Each(HasSubstr("sync")));
  }
}

// The determinism claim of its plan: bit-identical results under every schedule.
TEST_P(ConvMixingNative, GivesTheSameBitsUnderTwentySchedules) {
  for (const char* axes : {prefill, decode}) {
    const ConvMixingCase c = ConvMixingCase::axes().parse(axes);
    TensorSet before(c.tensors());
    c.fill(before, DataMode::real, 7);
    std::vector<std::byte> first;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      TensorSet tensors(c.tensors());
      tensors.copy_from(before);
      SourceDevice device(trial_device(GetParam()), {.seed = seed});
      const auto launch = prepare_native_conv_mixing(c, tensors, device,
                                                     NativeEntrySet(conv_mixing_source_entries()));
      launch->run();
      launch->fetch();
      std::vector<std::byte> bits;
      for (const char* name : {"q", "k", "v", "conv_state", "lag_state"}) {
        const Tensor& tensor = tensors[name];
        const auto* bytes = static_cast<const std::byte*>(tensor.data());
        bits.insert(bits.end(), bytes, bytes + tensor.count() * size_bytes(tensor.spec().type));
      }
      if (seed == 0) first = bits;
      EXPECT_EQ(bits == first, true) << axes << " seed " << seed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Waves, ConvMixingNative, testing::Values(32, 64),
                         [](const auto& wave) { return "w" + std::to_string(wave.param); });

}  // namespace
}  // namespace kernelgate
