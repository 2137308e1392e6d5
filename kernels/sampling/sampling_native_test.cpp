// sampling's native kernel broken on purpose, one change a mutant (CMakeLists.txt): executor S or
// the judge refuses each under every seed, and the clean twin passes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/executors/source/source_device.hpp"
#include "harness/verify/testing.hpp"
#include "kernels/sampling/sampling_native.hpp"

namespace kernelgate {

NativeEntries sampling_source_entries();
NativeEntries sampling_sampling_unsynced_entries();
NativeEntries sampling_sampling_plain_counts_entries();
NativeEntries sampling_sampling_mask_reversed_entries();
NativeEntries sampling_sampling_padding_wins_entries();
NativeEntries sampling_sampling_half_wave_entries();

namespace {

constexpr std::uint64_t seeds = 10;
constexpr const char* chain =
    "rows=6,vocabulary=1000,valid=900,history=24,biases=5,mask=on,chain=mixed,f32";

/// What was found under each seed; empty where the case passed.
std::vector<std::string> found(NativeEntries entries, int wave, const char* axes) {
  const SamplingCase c = SamplingCase::axes().parse(axes);
  std::vector<std::string> texts;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SourceDevice device(device_profile(wave == 64 ? "wide" : "nv-sm80"), {.seed = seed});
    const CheckResult result =
        check_mutant(c, DataMode::exact, [&](const SamplingCase& shape, TensorSet& tensors) {
          return prepare_native_sampling(shape, tensors, device, NativeEntrySet(entries));
        });
    texts.push_back(result.status == Status::passed ? "" : result.message + " ");
  }
  return texts;
}

/// Whether every seed's text has the word; a blank asks for any refusal.
testing::AssertionResult all_say(const std::vector<std::string>& texts, const std::string& word) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].find(word) == std::string::npos) {
      return testing::AssertionFailure() << "seed " << i + 1 << " says '" << texts[i] << "'";
    }
  }
  return testing::AssertionSuccess();
}

const std::vector<std::string> clean(seeds, "");

class SamplingNative : public testing::TestWithParam<int> {};

TEST_P(SamplingNative, PassesWhereItsMutantsFail) {
  EXPECT_EQ(found(sampling_source_entries(), GetParam(), chain), clean);
}

TEST_P(SamplingNative, BinsOfMassWithoutABarrierAreARace) {
  EXPECT_TRUE(all_say(found(sampling_sampling_unsynced_entries(), GetParam(), chain), "race"));
}

// Ids repeat in a prompt, so that plain writes of their counters meet.
TEST_P(SamplingNative, PlainCountersOfMentionsAreARace) {
  EXPECT_TRUE(all_say(found(sampling_sampling_plain_counts_entries(), GetParam(), chain), "race"));
}

// K12
TEST_P(SamplingNative, AMaskReadFromTheOtherEndIsRefused) {
  EXPECT_TRUE(all_say(found(sampling_sampling_mask_reversed_entries(), GetParam(), chain), " "));
}

// K11
TEST_P(SamplingNative, PaddingThatWinsIsRefused) {
  EXPECT_TRUE(all_say(found(sampling_sampling_padding_wins_entries(), GetParam(), chain), " "));
}

// W3: the reduction covers 32 lanes; waves of 32 do not notice.
TEST_P(SamplingNative, AReductionOver32LanesIsRefusedWhereWavesHave64) {
  const auto texts = found(sampling_sampling_half_wave_entries(), GetParam(), chain);
  if (GetParam() == 32) {
    EXPECT_EQ(texts, clean);
  } else {
    EXPECT_TRUE(all_say(texts, " "));
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, SamplingNative, testing::Values(32, 64),
                         [](const auto& width) { return "w" + std::to_string(width.param); });

}  // namespace
}  // namespace kernelgate
