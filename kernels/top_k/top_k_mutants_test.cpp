// Tests top_k with seeded bugs, one change each (CMakeLists.txt): the source executor rejects each,
// by a diagnostic or a wrong result, and the unchanged twin passes where the bug fails.
#include <gtest/gtest.h>

#include "harness/devices/unsupported_reason.hpp"
#include "kernels/top_k/top_k_blocks.hpp"

namespace kernelgate {

NativeEntries top_k_source_entries();
NativeEntries top_k_topk_missing_barrier_entries();
NativeEntries top_k_topk_warp_synchronous_entries();
NativeEntries top_k_topk_ballot_of_32_entries();
NativeEntries top_k_topk_threads_assumed_entries();
NativeEntries top_k_topk_slots_unfilled_entries();
NativeEntries top_k_topk_whole_waves_entries();

namespace {

/// The device's results for each of ten seeds, one per line.
std::string said_by(NativeEntries entries, int wave, const TopKBlocks& blocks) {
  std::string said;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SourceDevice device(device_profile(wave == 64 ? "wide" : "nv-sm80"), {.seed = seed});
    const std::string of = "w" + std::to_string(wave) + ",16k";
    std::string one = run_blocks(device, entries, of, blocks);
    if (!one.empty()) said += "seed " + std::to_string(seed) + ": " + one + "\n";
  }
  return said;
}

bool in_every_seed(const std::string& said, const std::string& word) {
  std::size_t count = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::size_t at = said.find("seed " + std::to_string(seed) + ": ");
    const std::size_t end = said.find("\nseed ", at);
    if (at != std::string::npos && said.substr(at, end - at).find(word) != std::string::npos) {
      ++count;
    }
  }
  return count == 10;
}

class TopKMutant : public testing::TestWithParam<int> {};

TEST_P(TopKMutant, HasACleanTwin) {
  EXPECT_EQ(said_by(top_k_source_entries(), GetParam(), {}), "");
  EXPECT_EQ(
      said_by(top_k_source_entries(), GetParam(), {.slice_threads = 100, .merge_threads = 100}),
      "");
}

TEST_P(TopKMutant, WithoutABarrierIsARace) {
  const std::string said = said_by(top_k_topk_missing_barrier_entries(), GetParam(), {});
  EXPECT_TRUE(in_every_seed(said, "race")) << said;
}

TEST_P(TopKMutant, WarpSynchronousSortingIsARace) {
  const std::string said = said_by(top_k_topk_warp_synchronous_entries(), GetParam(), {});
  EXPECT_TRUE(in_every_seed(said, "race")) << said;
}

// W1: lanes 32 to 63 are lost; waves of 32 are not affected.
TEST_P(TopKMutant, ABallotOf32BitsIsRefusedWhereWavesHave64) {
  const std::string said = said_by(top_k_topk_ballot_of_32_entries(), GetParam(), {});
  if (GetParam() == 32) {
    EXPECT_EQ(said, "");
  } else {
    EXPECT_TRUE(in_every_seed(said, "")) << said;
  }
}

// K2: correct for 1024 threads, wrong for every other number.
TEST_P(TopKMutant, AnAssumedNumberOfThreadsIsRefused) {
  const TopKBlocks whole{.slice_threads = 1024, .merge_threads = 1024};
  EXPECT_EQ(said_by(top_k_topk_threads_assumed_entries(), GetParam(), whole), "");
  const TopKBlocks fewer{.slice_threads = 128, .merge_threads = 128};
  const std::string said = said_by(top_k_topk_threads_assumed_entries(), GetParam(), fewer);
  EXPECT_TRUE(in_every_seed(said, "")) << said;
}

// K4: a row shorter than its candidates leaves slots unwritten.
TEST_P(TopKMutant, UnfilledSlotsAreReadUninitialised) {
  const TopKBlocks few{.columns = 60, .k = 50, .slices = 3};
  const std::string said = said_by(top_k_topk_slots_unfilled_entries(), GetParam(), few);
  EXPECT_TRUE(in_every_seed(said, "init")) << said;
}

// W6: a wave operation that waits for lanes that the block does not have.
TEST_P(TopKMutant, FullMasksInAPartialWaveAreRefused) {
  const TopKBlocks odd{.slice_threads = 100, .merge_threads = 100};
  const std::string said = said_by(top_k_topk_whole_waves_entries(), GetParam(), odd);
  EXPECT_TRUE(in_every_seed(said, "sync")) << said;
}

INSTANTIATE_TEST_SUITE_P(Widths, TopKMutant, testing::Values(32, 64),
                         [](const auto& width) { return "w" + std::to_string(width.param); });

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
