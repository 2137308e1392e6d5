// Tests sampling's native kernel with seeded bugs, one change each (CMakeLists.txt): the source
// executor or the checker rejects each under every seed, and the unchanged twin passes.
#include <string>
#include <vector>

#include "kernels/sampling/sampling_native.hpp"
#include "kernels/sampling/sampling_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

constexpr Trial chain{
    "rows=6,vocabulary=1000,valid=900,history=24,biases=5,mask=on,chain=mixed,f32",
    DataMode::exact};

class SamplingNative : public SeededBugs<> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const Trial& trial) const override {
    return found_without_plan<SamplingCase>(GetParam(), entries, trial.axes, trial.mode,
                                            prepare_native_sampling);
  }
};

TEST_P(SamplingNative, PassesWhereItsMutantsFail) { passes(sampling_source_entries(), {chain}); }

TEST_P(SamplingNative, BinsOfMassWithoutABarrierAreARace) {
  refused(sampling_unsynced_entries(), chain, "race");
}

// Ids repeat in a prompt, so that plain writes of their counters collide.
TEST_P(SamplingNative, PlainCountersOfMentionsAreARace) {
  refused(sampling_plain_counts_entries(), chain, "race");
}

// K12
TEST_P(SamplingNative, AMaskReadFromTheOtherEndIsRefused) {
  refused(sampling_mask_reversed_entries(), chain);
}

// K11
TEST_P(SamplingNative, PaddingThatWinsIsRefused) {
  refused(sampling_padding_wins_entries(), chain);
}

// W3: the reduction covers 32 lanes; waves of 32 are not affected.
TEST_P(SamplingNative, AReductionOver32LanesIsRefusedWhereWavesHave64) {
  refused_in_waves_of_64(sampling_half_wave_entries(), chain);
}

INSTANTIATE_TEST_SUITE_P(Widths, SamplingNative, testing::Values(32, 64), device_label<int>);

}  // namespace
}  // namespace kernelgate
