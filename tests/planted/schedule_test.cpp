// The source executor's schedule: kernels whose results do not depend on the order give them under
// many orders, at both wave widths, observed and plain.
#include <gtest/gtest.h>

#include <numeric>

#include "tests/planted/bench_device.hpp"

namespace kernelgate {

NativeEntries schedule_source_entries();
NativeEntries schedule_plain_entries();

namespace {

struct Mode {
  int wave;
  bool checked;
};

class Schedule : public testing::TestWithParam<Mode> {
 protected:
  std::unique_ptr<SourceDevice> make(std::uint64_t seed, std::uint32_t resident = 1,
                                     std::uint32_t yield = 0) {
    SourceOptions options;
    options.seed = seed;
    options.checking = GetParam().checked ? Checking::all : Checking::off;
    options.resident_blocks = resident;
    options.yield_every = yield;
    return std::make_unique<SourceDevice>(
        device_profile(GetParam().wave == 64 ? "wide" : "nv-sm80"), options);
  }
  const NativeEntry& entry(const std::string& kernel) {
    return entry_of_width(GetParam().checked ? schedule_source_entries() : schedule_plain_entries(),
                          kernel, GetParam().wave);
  }
};

TEST_P(Schedule, TreeSumIsRightForEverySeed) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto owner = make(seed);
    SourceDevice& d = *owner;
    std::vector<std::uint32_t> x(4 * 256);
    std::iota(x.begin(), x.end(), 1U);
    auto* in = upload(d, x, "x");
    auto* out = garbage<std::uint32_t>(d, 4, "out");
    const auto found =
        check_kernel(d, entry("tree_sum"), {{4, 1, 1}, 256, sizeof(std::uint32_t) * 1024}, in, out);
    EXPECT_TRUE(found.empty()) << describe(found);
    for (std::uint32_t b = 0; b < 4; ++b) {
      EXPECT_EQ(download(d, out, 4)[b], 256 * (256 * b) + 256 * 257 / 2);
    }
  }
}

TEST_P(Schedule, WaveOperationsMoveWhatTheyPromise) {
  const auto w = static_cast<std::uint32_t>(GetParam().wave);
  const std::uint32_t threads = 2 * w;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto owner = make(seed);
    SourceDevice& d = *owner;
    auto* out = garbage<std::uint64_t>(d, threads, "out");
    const auto found = check_kernel(d, entry("wave_words"), {{1, 1, 1}, threads, 0}, out);
    EXPECT_TRUE(found.empty()) << describe(found);
    const auto got = download(d, out, threads);
    std::uint64_t thirds = 0;
    std::uint64_t even_above_4 = 0;
    for (std::uint32_t l = 0; l < w; ++l) {
      if (l % 3 == 0) thirds |= 1ULL << l;
      if (l % 2 == 0 && l > 4) even_above_4 |= 1ULL << l;
    }
    for (std::uint32_t t = 0; t < threads; ++t) {
      const std::uint32_t lane = t % w;
      const std::uint32_t first = t - lane;
      std::uint64_t r = first + w - 1;
      r = r * 31 + (static_cast<std::uint64_t>(t ^ 1U) << 40);
      r = r * 31 + (lane >= 3 ? t - 3 : t);
      r = r * 31 + (lane + 5 < w ? t + 5 : t);
      r = r * 31 + thirds;
      r = r * 31 + 1;
      r = r * 31 + (lane % 2 == 0 ? even_above_4 : t ^ 2U);
      EXPECT_EQ(got[t], r) << "thread " << t << " seed " << seed;
    }
  }
}

TEST_P(Schedule, PartsOfAWaveAreOrderedByTheirMask) {
  const auto w = static_cast<std::uint32_t>(GetParam().wave);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto owner = make(seed, 1, seed % 2 == 0 ? 0 : 3);
    SourceDevice& d = *owner;
    auto* out = garbage<std::uint32_t>(d, 128, "out");
    const std::uint32_t rounds = 3;
    const auto found = check_kernel(d, entry("quarter_ring"), {{1, 1, 1}, 128, 4096}, out, rounds);
    EXPECT_TRUE(found.empty()) << describe(found);
    const auto got = download(d, out, 128);
    const std::uint32_t size = w / 4;
    for (std::uint32_t t = 0; t < 128; ++t) {
      EXPECT_EQ(got[t], t / size * size + (t + rounds) % size);
    }
  }
}

TEST_P(Schedule, BlocksThatRunTogetherCanWaitForEachOther) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto owner = make(seed, 6);
    SourceDevice& d = *owner;
    auto* arrived = upload<std::uint32_t>(d, {0}, "arrived");
    auto* slot = garbage<std::uint32_t>(d, 6, "slot");
    auto* out = garbage<std::uint32_t>(d, 6, "out");
    const auto found =
        check_kernel(d, entry("grid_barrier"), {{6, 1, 1}, 128, 0}, arrived, slot, out);
    EXPECT_TRUE(found.empty()) << describe(found);
    for (std::uint32_t b = 0; b < 6; ++b) EXPECT_EQ(download(d, out, 6)[b], (b + 1) % 6 + 100);
  }
}

TEST_P(Schedule, ABlockThatWaitsForOneThatDoesNotRunIsReported) {
  const auto owner = make(1, 2);
  SourceDevice& d = *owner;
  auto* arrived = upload<std::uint32_t>(d, {0}, "arrived");
  auto* slot = garbage<std::uint32_t>(d, 6, "slot");
  auto* out = garbage<std::uint32_t>(d, 6, "out");
  const auto found =
      check_kernel(d, entry("grid_barrier"), {{6, 1, 1}, 128, 0}, arrived, slot, out);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].kind, FindingKind::sync);
  EXPECT_NE(found[0].what.find("waits for a value at buffer arrived + 0 B"), std::string::npos)
      << found[0].what;
}

TEST_P(Schedule, LanesTakeTurnsWhereAccessesYield) {
  if (!GetParam().checked) GTEST_SKIP() << "yields are at observed accesses";
  const auto waves = 128 / static_cast<std::uint32_t>(GetParam().wave);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto owner = make(seed, 1, 20);
    SourceDevice& d = *owner;
    auto* flag = upload(d, std::vector<std::uint32_t>(waves, 0), "flag");
    auto* out = garbage<std::uint32_t>(d, waves, "out");
    const auto found = check_kernel(d, entry("lane_waits"), {{1, 1, 1}, 128, 0}, flag, out);
    EXPECT_TRUE(found.empty()) << describe(found);
    EXPECT_EQ(download(d, out, waves), std::vector<std::uint32_t>(waves, 1));
  }
}

TEST_P(Schedule, HistogramCountsEveryElementOnce) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto owner = make(seed, 1 + static_cast<std::uint32_t>(seed % 3));
    SourceDevice& d = *owner;
    std::vector<std::uint32_t> x(1000);
    std::iota(x.begin(), x.end(), 0U);
    auto* in = upload(d, x, "x");
    auto* count = upload(d, std::vector<std::uint32_t>(16, 0), "count");
    const std::uint32_t n = 1000;
    const auto found = check_kernel(d, entry("histogram"), {{3, 1, 1}, 100, 64}, in, n, count);
    EXPECT_TRUE(found.empty()) << describe(found);
    const auto got = download(d, count, 16);
    for (std::uint32_t i = 0; i < 16; ++i) EXPECT_EQ(got[i], i < 8 ? 63U : 62U);
  }
}

TEST_P(Schedule, EveryThreadOfTheGridRunsOnce) {
  const auto owner = make(3);
  SourceDevice& d = *owner;
  auto* out = garbage<std::uint32_t>(d, 3 * 4 * 5 * 70, "out");
  const auto found = check_kernel(d, entry("identity"), {{3, 4, 5}, 70, 0}, out);
  EXPECT_TRUE(found.empty()) << describe(found);
  const auto got = download(d, out, 3 * 4 * 5 * 70);
  for (std::uint32_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], i / 70 * 4096 + i % 70);
}

TEST_P(Schedule, RefusesWhatTheProfileOrTheKernelCannotDo) {
  const auto owner = make(0);
  SourceDevice& d = *owner;
  auto* out = garbage<std::uint32_t>(d, 4, "out");
  const auto message = [&](const LaunchShape& shape) -> std::string {
    try {
      check_kernel(d, entry("tree_sum"), shape, out, out);
    } catch (const NativeFault& fault) {
      return fault.what();
    }
    return "launched";
  };
  EXPECT_NE(message({{1, 1, 1}, 256, 400 * 1024}).find("needs 409600 B of LDS"), std::string::npos)
      << message({{1, 1, 1}, 256, 400 * 1024});
  EXPECT_NE(message({{1, 1, 1}, 256, 64}).find("the kernel's struct has 4096 B"),
            std::string::npos);
  EXPECT_NE(message({{1, 1, 1}, 2048, 4096}).find("2048"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Widths, Schedule,
                         testing::Values(Mode{32, true}, Mode{64, true}, Mode{32, false},
                                         Mode{64, false}),
                         [](const auto& mode) {
                           return std::string(mode.param.checked ? "Checked" : "Plain") +
                                  std::to_string(mode.param.wave);
                         });

}  // namespace
}  // namespace kernelgate
