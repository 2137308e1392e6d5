// Tests top_k with seeded bugs, one change each (CMakeLists.txt): the source executor rejects each,
// by a diagnostic or a wrong result, and the unchanged twin passes where the bug fails.
#include "harness/devices/unsupported_reason.hpp"
#include "kernels/top_k/tests/top_k_blocks.hpp"
#include "kernels/top_k/top_k_units.hpp"
#include "tests/native/seeded_bugs.hpp"

namespace kernelgate {
namespace {

class TopKMutant : public SeededBugs<TopKBlocks> {
 protected:
  std::vector<std::string> found(NativeEntries entries, const TopKBlocks& blocks) const override {
    std::vector<std::string> texts;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      SourceDevice device(trial_device(GetParam()), {.seed = seed});
      texts.push_back(
          run_blocks(device, entries, "w" + std::to_string(GetParam()) + ",16k", blocks));
    }
    return texts;
  }
};

TEST_P(TopKMutant, HasACleanTwin) {
  passes(top_k_source_entries(), {{}, {.slice_threads = 100, .merge_threads = 100}});
}

TEST_P(TopKMutant, WithoutABarrierIsARace) { refused(topk_missing_barrier_entries(), {}, "race"); }

TEST_P(TopKMutant, WarpSynchronousSortingIsARace) {
  refused(topk_warp_synchronous_entries(), {}, "race");
}

// W1: lanes 32 to 63 are lost; waves of 32 are not affected.
TEST_P(TopKMutant, ABallotOf32BitsIsRefusedWhereWavesHave64) {
  refused_in_waves_of_64(topk_ballot_of_32_entries(), {});
}

// K2: correct for 1024 threads, wrong for every other number.
TEST_P(TopKMutant, AnAssumedNumberOfThreadsIsRefused) {
  const TopKBlocks whole{.slice_threads = 1024, .merge_threads = 1024};
  passes(topk_threads_assumed_entries(), {whole});
  const TopKBlocks fewer{.slice_threads = 128, .merge_threads = 128};
  refused(topk_threads_assumed_entries(), fewer);
}

// K4: a row shorter than its candidates leaves slots unwritten.
TEST_P(TopKMutant, UnfilledSlotsAreReadUninitialised) {
  const TopKBlocks few{.columns = 60, .k = 50, .slices = 3};
  refused(topk_slots_unfilled_entries(), few, "init");
}

// W6: a wave operation that waits for lanes that the block does not have.
TEST_P(TopKMutant, FullMasksInAPartialWaveAreRefused) {
  const TopKBlocks odd{.slice_threads = 100, .merge_threads = 100};
  refused(topk_whole_waves_entries(), odd, "sync");
}

INSTANTIATE_TEST_SUITE_P(Widths, TopKMutant, testing::Values(32, 64), device_label<int>);

// K1: 66,032 bytes, as in the published failure. The struct does not compile (CMakeLists.txt); a
// launch that requests as much is rejected with a message before it starts.
TEST(TopKLds, MoreThanTheDeviceHasIsRefusedInWords) {
  const NativeEntry& slice = entry_named(top_k_source_entries(), "top_k_slice<f32,w32,64k>");
  EXPECT_EQ(slice.shared_bytes, 65536);
  SourceDevice device(device_profile("amd-gfx1100"));
  const void* const* none = nullptr;
  try {
    device.launch(slice, {{1, 1, 1}, 512, 66032}, none, 0);
    ADD_FAILURE() << "expected a refusal";
  } catch (const NativeFault& fault) {
    EXPECT_NE(std::string(fault.what()).find("needs 66032 B of LDS, amd-gfx1100 gives 65536 B"),
              std::string::npos)
        << fault.what();
  }
}

}  // namespace
}  // namespace kernelgate
