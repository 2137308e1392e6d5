// Tests that the native kernels are correct for every number of threads and slices that they can be
// launched with, not only for those that the plan picks, at both wave widths and under many
// schedules.
#include <gtest/gtest.h>

#include "kernels/top_k/tests/top_k_blocks.hpp"
#include "kernels/top_k/top_k_units.hpp"

namespace kernelgate {
namespace {

class TopKAnyBlock : public testing::TestWithParam<int> {
 protected:
  std::string of(const char* lds) const { return "w" + std::to_string(GetParam()) + "," + lds; }
  const DeviceProfile& profile() const {
    return device_profile(GetParam() == 64 ? "wide" : "nv-sm80");
  }
  std::string observed(const char* lds, const TopKBlocks& blocks, std::uint64_t seed) const {
    SourceDevice device(profile(), {.seed = seed});
    return run_blocks(device, top_k_source_entries(), of(lds), blocks);
  }
};

TEST_P(TopKAnyBlock, AnyNumberOfThreadsGivesTheReference) {
  SourceDevice device(profile(), {.seed = 5, .checking = Checking::off});
  for (std::uint32_t threads = 1; threads <= 1024; threads += threads < 130 ? 1 : 3) {
    const TopKBlocks b{.rows = 1, .slice_threads = threads, .merge_threads = 1025 - threads};
    EXPECT_EQ(run_blocks(device, top_k_plain_entries(), of("16k"), b), "") << threads;
  }
}

TEST_P(TopKAnyBlock, AnyNumberOfSlicesGivesTheReference) {
  SourceDevice device(profile(), {.seed = 6, .checking = Checking::off});
  for (std::uint32_t slices = 1; slices <= 310; slices += slices < 64 ? 1 : 7) {
    const TopKBlocks b{
        .columns = 301, .k = 11, .slices = slices, .slice_threads = 64, .merge_threads = 96};
    EXPECT_EQ(run_blocks(device, top_k_plain_entries(), of("16k"), b), "") << slices;
  }
}

TEST_P(TopKAnyBlock, OddBlocksHaveNoFinding) {
  std::uint64_t seed = 0;
  for (const std::uint32_t threads : {1U, 31U, 33U, 64U, 100U, 256U, 1000U, 1024U}) {
    for (const std::uint32_t slices : {1U, 2U, 7U, 64U}) {
      const TopKBlocks b{.slices = slices, .slice_threads = threads, .merge_threads = threads};
      EXPECT_EQ(observed("16k", b, ++seed), "") << threads << " threads, " << slices << " slices";
    }
  }
}

// 1974 elements of a slice fit in 16 KiB: one slice of 5000 is read from global memory in every
// pass, three are copied. 200 values: the last one wanted has equals, so that positions decide.
TEST_P(TopKAnyBlock, SlicesInsideAndOutsideSharedMemoryAgree) {
  std::uint64_t seed = 100;
  for (const std::uint32_t slices : {1U, 2U, 3U, 9U}) {
    for (const std::uint64_t values : {1U, 2U, 200U}) {
      const TopKBlocks b{.columns = 5000, .k = 300, .slices = slices, .values = values};
      EXPECT_EQ(observed("16k", b, ++seed), "") << slices << " slices, " << values << " values";
    }
  }
}

// More candidates than the merge sorts at once: it selects among them, from global memory in the
// layouts of 16 and 64 KiB, from its copy in the larger ones.
TEST_P(TopKAnyBlock, MergesMoreCandidatesThanItSorts) {
  const TopKBlocks b{.rows = 1, .columns = 9000, .k = 700, .slices = 8, .values = 5000};
  EXPECT_EQ(observed("16k", b, 11), "");
  const TopKBlocks large{.rows = 1,
                         .columns = 9000,
                         .k = 700,
                         .slices = 8,
                         .slice_threads = 512,
                         .merge_threads = 512,
                         .values = 3};
  EXPECT_EQ(observed(GetParam() == 64 ? "160k" : "64k", large, 12), "");
}

INSTANTIATE_TEST_SUITE_P(Widths, TopKAnyBlock, testing::Values(32, 64),
                         [](const auto& width) { return "w" + std::to_string(width.param); });

// 7 slices of 2048 candidates: all 14336 fit in the copy of the largest layouts.
TEST(TopKLargeForm, KeepsCandidatesInSharedMemory) {
  const TopKBlocks b{.rows = 1,
                     .columns = 40000,
                     .k = 2048,
                     .slices = 7,
                     .slice_threads = 1024,
                     .merge_threads = 1024,
                     .values = 30000};
  SourceDevice gfx950(device_profile("amd-gfx950"), {.seed = 3});
  EXPECT_EQ(run_blocks(gfx950, top_k_source_entries(), "w64,160k", b), "");
  SourceDevice sm90(device_profile("nv-sm90"), {.seed = 4});
  EXPECT_EQ(run_blocks(sm90, top_k_source_entries(), "w32,227k", b), "");
}

}  // namespace
}  // namespace kernelgate
