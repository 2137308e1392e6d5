// conv_mixing's native kernels broken on purpose, one change a mutant (CMakeLists.txt): executor S
// or the judge refuses each under every seed, at either wave width, and the clean twin passes.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "harness/executors/source/source_device.hpp"
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

constexpr std::uint64_t seeds = 10;

const DeviceProfile& device_of(int wave) { return device_profile(wave == 64 ? "wide" : "nv-sm80"); }

/// What was found under each seed, one text a seed; empty where the case passed.
std::vector<std::string> found(NativeEntries entries, int wave, const std::string& axes,
                               DataMode mode) {
  const ConvMixingCase c = ConvMixingCase::axes().parse(axes);
  std::vector<std::string> texts;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SourceDevice device(device_of(wave), {.seed = seed, .yield_every = seed % 2 == 0 ? 50U : 0U});
    const CheckResult result =
        check_mutant(c, mode, [&](const ConvMixingCase& shape, TensorSet& tensors) {
          return prepare_native_conv_mixing(shape, tensors, device, NativeEntrySet(entries));
        });
    texts.push_back(result.status == Status::passed ? "" : result.message + " ");
  }
  return texts;
}

/// Whether every seed's text has the word; a word of one blank asks for any refusal.
testing::AssertionResult all_say(const std::vector<std::string>& texts, const std::string& word) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].find(word) == std::string::npos) {
      return testing::AssertionFailure() << "seed " << i + 1 << " says '" << texts[i] << "'";
    }
  }
  return testing::AssertionSuccess();
}

const std::vector<std::string> clean(seeds, "");

constexpr const char* prefill = "tokens=9,heads=2,kv_heads=1,head_dim=40,rotary=8,f32";
constexpr const char* prefill_exact =
    "tokens=9,heads=2,kv_heads=1,head_dim=16,rotary=8,stage=conv,f32";
constexpr const char* decode =
    "tokens=5,heads=2,kv_heads=1,head_dim=40,rotary=8,position=9,form=decode,f32";

class ConvMixingNative : public testing::TestWithParam<int> {};

TEST_P(ConvMixingNative, PassesWhereItsMutantsFail) {
  const NativeEntries entries = conv_mixing_source_entries();
  EXPECT_EQ(found(entries, GetParam(), prefill, DataMode::real), clean);
  EXPECT_EQ(found(entries, GetParam(), prefill_exact, DataMode::exact), clean);
  EXPECT_EQ(found(entries, GetParam(), decode, DataMode::real), clean);
}

// A race where the next tile comes too early, a read of nothing where it has never come.
TEST_P(ConvMixingNative, WithoutABarrierBetweenWeightTilesIsRefused) {
  EXPECT_TRUE(
      all_say(found(conv_mixing_conv_tile_unsynced_entries(), GetParam(), prefill, DataMode::real),
              "shared memory"));
}

// C1: the state is written before everybody has read it.
TEST_P(ConvMixingNative, WritingTheStateFirstIsARace) {
  EXPECT_TRUE(all_say(
      found(conv_mixing_conv_state_first_entries(), GetParam(), decode, DataMode::real), "race"));
}

// C3: every row of the batch moves the first row's state.
TEST_P(ConvMixingNative, OneSlotForAllRowsIsRefused) {
  EXPECT_TRUE(
      all_say(found(conv_mixing_conv_one_slot_entries(), GetParam(), decode, DataMode::real), " "));
}

TEST_P(ConvMixingNative, RotatingWithoutWaitingForTheWaveIsARace) {
  EXPECT_TRUE(all_say(
      found(conv_mixing_conv_wave_synchronous_entries(), GetParam(), prefill, DataMode::real),
      "race"));
}

// C5: D before the first token is 0 instead of the bias.
TEST_P(ConvMixingNative, AZeroPadBetweenTheConvolutionsIsIncorrect) {
  EXPECT_TRUE(all_say(
      found(conv_mixing_conv_zero_pad_entries(), GetParam(), prefill_exact, DataMode::exact),
      "q["));
}

// W1: a sum over 32 lanes, where a wave has 64.
TEST_P(ConvMixingNative, AWaveOf32IsRefusedWhereItHas64) {
  const std::vector<std::string> texts =
      found(conv_mixing_conv_wave_of_32_entries(), GetParam(), prefill, DataMode::real);
  if (GetParam() == 32) {
    EXPECT_EQ(texts, clean);
  } else {
    EXPECT_TRUE(all_say(texts, "sync"));
  }
}

// The claim of its plan: the same bits under every schedule.
TEST_P(ConvMixingNative, GivesTheSameBitsUnderTwentySchedules) {
  for (const char* axes : {prefill, decode}) {
    const ConvMixingCase c = ConvMixingCase::axes().parse(axes);
    TensorSet before(c.tensors());
    c.fill(before, DataMode::real, 7);
    std::vector<std::byte> first;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      TensorSet tensors(c.tensors());
      tensors.copy_from(before);
      SourceDevice device(device_of(GetParam()), {.seed = seed});
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
