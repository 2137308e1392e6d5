// Counters of the source executor, checked against costs computed by hand from each profile's banks
// (32 of 4 B) and sectors (nv-sm90 32 B, amd-gfx942 64 B, amd-gfx1100 128 B), for waves of 32, 64
// and 32 lanes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <ostream>

#include "harness/executors/launch_counters.hpp"
#include "tests/planted/bench_device.hpp"

namespace kernelgate {

NativeEntries counters_source_entries();
NativeEntries planted_source_entries();

void PrintTo(const Cost& cost, std::ostream* out) { *out << cost.made << " of " << cost.least; }

namespace {

using testing::HasSubstr;

struct Expected {
  const char* device;
  std::uint32_t stride, first;
  Cost cost;
};

/// A device with counters for the given number of blocks and waves per block.
struct Bench {
  explicit Bench(const char* profile, CountedWaves counted = {1, 1})
      : device(device_profile(profile), {.counted = counted}),
        wave(static_cast<std::uint32_t>(device.profile().wave)) {
    std::vector<std::uint32_t> numbers(4096);
    std::iota(numbers.begin(), numbers.end(), 0U);
    x = upload(device, numbers, "x");
    y = upload(device, std::vector<std::uint32_t>(4096, 0), "y");
  }

  const NativeEntry& entry(const std::string& kernel) const {
    return entry_of_width(counters_source_entries(), kernel, static_cast<int>(wave));
  }
  const LaunchCounters& only() const {
    EXPECT_EQ(device.counters().size(), 1U);
    return device.counters().at(0);
  }

  SourceDevice device;
  std::uint32_t wave;
  std::uint32_t *x, *y;
};

class SharedStride : public testing::TestWithParam<Expected> {};

// The kernel fills 2112 words in 66 accesses of 32 lanes or 33 of 64 lanes, without a bank
// conflict: 66 cycles in both cases.
TEST_P(SharedStride, CountsTheCyclesOfAWave) {
  const Expected& e = GetParam();
  Bench bench(e.device);
  const NativeEntry& entry = bench.entry("shared_stride");
  const auto found = check_kernel(bench.device, entry, {{1, 1, 1}, bench.wave, entry.shared_bytes},
                                  bench.y, e.stride);
  ASSERT_TRUE(found.empty()) << describe(found);
  const LaunchCounters& counters = bench.only();
  EXPECT_EQ(counters.cycles, (Cost{66 + e.cost.made, 66 + e.cost.least}));
  EXPECT_EQ(counters.shared_accesses, 2112 / bench.wave + 1);
  EXPECT_EQ(counters.global_accesses, 1U);
  EXPECT_EQ(counters.left_out, 0U);
  ASSERT_EQ(counters.places.size(), e.cost.made > e.cost.least ? 1U : 0U);
  if (counters.places.empty()) return;
  EXPECT_THAT(counters.places[0].where, HasSubstr("counters_kernel.hpp:"));
  EXPECT_TRUE(counters.places[0].shared);
  EXPECT_FALSE(counters.places[0].writes);
  EXPECT_EQ(counters.places[0].cost, e.cost);
}

INSTANTIATE_TEST_SUITE_P(
    ByHand, SharedStride,
    testing::Values(Expected{"nv-sm90", 1, 0, {1, 1}}, Expected{"nv-sm90", 2, 0, {2, 1}},
                    Expected{"nv-sm90", 32, 0, {32, 1}}, Expected{"nv-sm90", 33, 0, {1, 1}},
                    Expected{"nv-sm90", 0, 0, {1, 1}},  // all lanes read one word
                    Expected{"amd-gfx942", 1, 0, {2, 2}}, Expected{"amd-gfx942", 2, 0, {4, 2}},
                    Expected{"amd-gfx942", 32, 0, {64, 2}}, Expected{"amd-gfx942", 33, 0, {2, 2}},
                    Expected{"amd-gfx942", 0, 0, {2, 2}}, Expected{"amd-gfx1100", 1, 0, {1, 1}},
                    Expected{"amd-gfx1100", 2, 0, {2, 1}}, Expected{"amd-gfx1100", 32, 0, {32, 1}},
                    Expected{"amd-gfx1100", 33, 0, {1, 1}}, Expected{"amd-gfx1100", 0, 0, {1, 1}}));

class BufferStride : public testing::TestWithParam<Expected> {};

// The output is written contiguously: 128 B, 256 B and 128 B in 4, 4 and 1 sectors.
Cost neighbours(const std::string& device) {
  return device == "amd-gfx1100" ? Cost{1, 1} : Cost{4, 4};
}

TEST_P(BufferStride, CountsTheSectorsOfAWave) {
  const Expected& e = GetParam();
  Bench bench(e.device);
  const auto found = check_kernel(bench.device, bench.entry("buffer_stride"),
                                  {{1, 1, 1}, bench.wave, 0}, bench.x, bench.y, e.stride, e.first);
  ASSERT_TRUE(found.empty()) << describe(found);
  Cost all = neighbours(e.device);
  all += e.cost;
  EXPECT_EQ(bench.only().sectors, all);
  EXPECT_EQ(bench.only().cycles, Cost{});
  EXPECT_EQ(bench.only().global_accesses, 2U);
}

INSTANTIATE_TEST_SUITE_P(
    ByHand, BufferStride,
    testing::Values(Expected{"nv-sm90", 1, 0, {4, 4}}, Expected{"nv-sm90", 2, 0, {8, 4}},
                    Expected{"nv-sm90", 32, 0, {32, 4}}, Expected{"nv-sm90", 0, 0, {1, 1}},
                    Expected{"nv-sm90", 1, 1, {5, 4}}, Expected{"amd-gfx942", 1, 0, {4, 4}},
                    Expected{"amd-gfx942", 2, 0, {8, 4}}, Expected{"amd-gfx942", 32, 0, {64, 4}},
                    Expected{"amd-gfx942", 0, 0, {1, 1}}, Expected{"amd-gfx942", 1, 1, {5, 4}},
                    Expected{"amd-gfx1100", 1, 0, {1, 1}}, Expected{"amd-gfx1100", 2, 0, {2, 1}},
                    Expected{"amd-gfx1100", 32, 0, {32, 1}}, Expected{"amd-gfx1100", 0, 0, {1, 1}},
                    Expected{"amd-gfx1100", 1, 1, {2, 1}}));

class BufferVectors : public testing::TestWithParam<Expected> {};

// 16 B per lane: 512 B, 1024 B, 512 B. With first = 4 the reads begin inside a sector.
TEST_P(BufferVectors, CountTheSectorsOfAWave) {
  const Expected& e = GetParam();
  Bench bench(e.device);
  const auto found = check_kernel(bench.device, bench.entry("buffer_vectors"),
                                  {{1, 1, 1}, bench.wave, 0}, bench.x, bench.y, e.first);
  ASSERT_TRUE(found.empty()) << describe(found);
  Cost all = {e.cost.least, e.cost.least};  // writes begin at a sector's start
  all += e.cost;
  EXPECT_EQ(bench.only().sectors, all);
}

INSTANTIATE_TEST_SUITE_P(
    ByHand, BufferVectors,
    testing::Values(Expected{"nv-sm90", 0, 0, {16, 16}}, Expected{"nv-sm90", 0, 4, {17, 16}},
                    Expected{"amd-gfx942", 0, 0, {16, 16}}, Expected{"amd-gfx942", 0, 4, {17, 16}},
                    Expected{"amd-gfx1100", 0, 0, {4, 4}}, Expected{"amd-gfx1100", 0, 4, {5, 4}}));

// Eight blocks of four waves. Two waves of each of four blocks are counted.
TEST(Counters, AreOfTheChosenWavesAlone) {
  Bench bench("nv-sm90", {.blocks = 4, .waves = 2});
  const std::uint32_t stride = 2, first = 0;
  for (int launch = 1; launch <= 3; ++launch) {
    check_kernel(bench.device, bench.entry("buffer_stride"), {{8, 1, 1}, 128, 0}, bench.x, bench.y,
                 stride, first);
    const LaunchCounters& counters = bench.only();
    const auto launches = static_cast<std::uint64_t>(launch);
    EXPECT_EQ(counters.launches, launches);
    EXPECT_EQ(counters.waves, launches * 8);
    EXPECT_EQ(counters.all_waves, launches * 32);
    EXPECT_EQ(counters.sectors, (Cost{launches * 8 * (8 + 4), launches * 8 * (4 + 4)}));
  }
}

TEST(Counters, ChooseBlocksEvenlyFromTheFirstOn) {
  const auto chosen = [](std::uint64_t all, std::uint64_t some) {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t i = 0; i < all; ++i) {
      if (CountedWaves::chosen(i, all, some)) numbers.push_back(i);
    }
    return numbers;
  };
  EXPECT_THAT(chosen(10, 4), testing::ElementsAre(0, 2, 5, 7));
  EXPECT_THAT(chosen(3, 5), testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(chosen(100, 1), testing::ElementsAre(0));
  EXPECT_THAT(chosen(5, 0), testing::IsEmpty());
}

TEST(Counters, AreNoneWhereNoneAreAskedFor) {
  Bench bench("nv-sm90", {});
  const std::uint32_t stride = 1, first = 0;
  check_kernel(bench.device, bench.entry("buffer_stride"), {{1, 1, 1}, 32, 0}, bench.x, bench.y,
               stride, first);
  EXPECT_TRUE(bench.device.counters().empty());
}

// Counted waves take another path through the checks and must give the same diagnostics.
TEST(Counters, ChangeNoFinding) {
  for (const char* kernel :
       {"missing_barrier<bug,w64>", "vector_over_scalar<bug,w64>", "past_the_end<bug,w64>",
        "atomic_and_plain<bug,w64>", "neighbouring_bytes<bug,w64>", "misaligned_vector<bug,w64>",
        "sum_on_fresh_lds<bug,w64>", "different_values<bug,w64>", "local_leaked<bug,w64>",
        "missing_barrier<clean,w64>", "struct_copy<clean,w64>"}) {
    for (const auto same : {SameValueWrites::reported, SameValueWrites::allowed}) {
      std::string words[2];
      for (const std::uint32_t counted : {0U, 2U}) {
        SourceDevice device(device_profile("wide"),
                            {.seed = 3, .same_value_writes = same, .counted = {counted, 4}});
        std::vector<std::uint32_t> numbers(4096);
        std::iota(numbers.begin(), numbers.end(), 0U);
        auto* x = upload(device, numbers, "x");
        auto* y = upload(device, std::vector<std::uint32_t>(4096, 0), "y");
        auto* z = upload(device, std::vector<std::uint32_t>(64, 0), "z");
        const std::uint32_t n = 4096;
        const NativeEntry& entry = entry_named(planted_source_entries(), kernel);
        words[counted / 2] =
            describe(check_kernel(device, entry, {{2, 1, 1}, 256, entry.shared_bytes}, x, y, z, n));
      }
      EXPECT_EQ(words[0], words[1]) << kernel;
    }
  }
}

TEST(Counters, NameWhatWastesMostInTheirLines) {
  LaunchCounters counters;
  counters.kernel = "gemm<w32>";
  counters.launches = 1;
  counters.waves = 2;
  counters.all_waves = 64;
  counters.cycles = {640, 320};
  counters.sectors = {12, 12};
  counters.places = {{"gemm.hpp:7", false, true, 10, {330, 10}}};
  const std::string text = lines(counters);
  EXPECT_THAT(text, HasSubstr("gemm<w32>"));
  EXPECT_THAT(text, testing::ContainsRegex("2/64 +640 +320 +2.00 +12 +12 +1.00\n"));
  EXPECT_THAT(text, HasSubstr("read of shared memory at gemm.hpp:7: 330 cycles in 10 accesses of a "
                              "wave, 10 would do\n"));
}

}  // namespace
}  // namespace kernelgate
