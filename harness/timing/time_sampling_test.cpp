#include "harness/timing/time_sampling.hpp"

#include <benchmark/benchmark.h>
#include <gtest/gtest.h>

#include "harness/core/registry.hpp"
#include "harness/timing/roof.hpp"

namespace kernelgate {
namespace {

TEST(TimeSummary, GivesQuartilesByLinearInterpolation) {
  const TimeSummary summary = summarise({4, 1, 3, 2});
  EXPECT_DOUBLE_EQ(summary.low, 1.75);
  EXPECT_DOUBLE_EQ(summary.median, 2.5);
  EXPECT_DOUBLE_EQ(summary.high, 3.25);
  EXPECT_EQ(summary.seconds, (std::vector<double>{4, 1, 3, 2}));
}

TEST(TimeSummary, RatioComparesSamplesTakenTogether) {
  // The machine became three times slower half way; every pair still says 1.5.
  const TimeSummary slow = summarise({1.5, 1.5, 4.5, 4.5});
  const TimeSummary base = summarise({1, 1, 3, 3});
  EXPECT_DOUBLE_EQ(paired_ratio(slow, base), 1.5);
}

TEST(Sampling, RunsEachVariantOverRotatedBuffers) {
  Registry registry;
  register_kernels(registry);
  const Registry::Found found = registry.find_case("linear/kokkos/tokens=2,out=64,in=64,f32");
  SamplingOptions options;
  options.repetitions = 3;
  options.least_seconds = 0.001;
  options.cold_bytes = 200'000;
  const std::vector<TimeSummary> times = sample(*found.shape, {found.variant}, options);
  ASSERT_EQ(times.size(), 1U);
  EXPECT_EQ(times[0].seconds.size(), 3U);
  EXPECT_GT(times[0].low, 0);
  EXPECT_LE(times[0].low, times[0].median);
  EXPECT_LE(times[0].median, times[0].high);
}

TEST(Sampling, RefusesACaseOverTheMemoryLimitInWords) {
  Registry registry;
  register_kernels(registry);
  const Registry::Found found = registry.find_case("linear/kokkos/tokens=2,out=64,in=64,f32");
  SamplingOptions options;
  options.memory_limit_bytes = 1000;
  try {
    sample(*found.shape, {found.variant}, options);
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("needs 0.00 GB for one set of buffers"),
              std::string::npos)
        << error.what();
  }
}

TEST(Roofs, AreMeasuredAndRememberTheBetter) {
  Roofs roofs;
  EXPECT_GE(roofs.cold_bytes(), 4 * last_level_cache_bytes());
  const double peak = roofs.fma_peak();
  EXPECT_GT(peak, 1e8);
  EXPECT_EQ(roofs.fma_peak(), peak);
  roofs.forget();
  EXPECT_GE(roofs.fma_peak(), peak);
  EXPECT_GT(measure_read_bandwidth(1 << 20), 1e8);
}

}  // namespace
}  // namespace kernelgate
