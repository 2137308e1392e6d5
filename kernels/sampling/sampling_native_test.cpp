// Tests sampling's native kernel with seeded bugs, one change each (CMakeLists.txt): the source
// executor or the checker rejects each under every seed, and the unchanged twin passes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/executors/native_trial.hpp"
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

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* chain =
    "rows=6,vocabulary=1000,valid=900,history=24,biases=5,mask=on,chain=mixed,f32";

/// The messages under each schedule.
std::vector<std::string> found(NativeEntries entries, int wave, const char* axes) {
  const SamplingCase c = SamplingCase::axes().parse(axes);
  return said_under_schedules(wave, [&](SourceDevice& device) {
    return check_mutant(c, DataMode::exact, [&](const SamplingCase& shape, TensorSet& tensors) {
      return prepare_native_sampling(shape, tensors, device, NativeEntrySet(entries));
    });
  });
}

class SamplingNative : public testing::TestWithParam<int> {};

TEST_P(SamplingNative, PassesWhereItsMutantsFail) {
  EXPECT_THAT(found(sampling_source_entries(), GetParam(), chain), Each(""));
}

TEST_P(SamplingNative, BinsOfMassWithoutABarrierAreARace) {
  EXPECT_THAT(found(sampling_sampling_unsynced_entries(), GetParam(), chain),
              Each(HasSubstr("race")));
}

// Ids repeat in a prompt, so that plain writes of their counters collide.
TEST_P(SamplingNative, PlainCountersOfMentionsAreARace) {
  EXPECT_THAT(found(sampling_sampling_plain_counts_entries(), GetParam(), chain),
              Each(HasSubstr("race")));
}

// K12
TEST_P(SamplingNative, AMaskReadFromTheOtherEndIsRefused) {
  EXPECT_THAT(found(sampling_sampling_mask_reversed_entries(), GetParam(), chain), Each(Not("")));
}

// K11
TEST_P(SamplingNative, PaddingThatWinsIsRefused) {
  EXPECT_THAT(found(sampling_sampling_padding_wins_entries(), GetParam(), chain), Each(Not("")));
}

// W3: the reduction covers 32 lanes; waves of 32 are not affected.
TEST_P(SamplingNative, AReductionOver32LanesIsRefusedWhereWavesHave64) {
  const auto texts = found(sampling_sampling_half_wave_entries(), GetParam(), chain);
  if (GetParam() == 32) {
    EXPECT_THAT(texts, Each(""));
  } else {
    EXPECT_THAT(texts, Each(Not("")));
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, SamplingNative, testing::Values(32, 64),
                         [](const auto& width) { return "w" + std::to_string(width.param); });

}  // namespace
}  // namespace kernelgate
