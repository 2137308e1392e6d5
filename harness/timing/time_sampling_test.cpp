#include "harness/timing/time_sampling.hpp"

#include <benchmark/benchmark.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <limits>

#include "harness/core/registry.hpp"
#include "harness/records/synthetic.hpp"
#include "harness/timing/benchmark_json.hpp"
#include "harness/timing/roof.hpp"

namespace kernelgate {
namespace {

TEST(Sampling, RunsEachVariantOverRotatedBuffers) {
  Registry registry;
  register_kernels(registry);
  const Registry::Found found = registry.find_case("linear/kokkos/tokens=2,out=64,in=64,f32");
  SamplingOptions options;
  options.repetitions = 3;
  options.min_seconds = 0.001;
  options.cold_bytes = 200'000;
  const std::vector<TimeSummary> times = sample(*found.shape, {{found.variant}}, options);
  ASSERT_EQ(times.size(), 1U);
  EXPECT_EQ(times[0].seconds.size(), 3U);
  EXPECT_GT(times[0].low, 0);
  EXPECT_LE(times[0].low, times[0].median);
  EXPECT_LE(times[0].median, times[0].high);
}

// One token reads one expert of 16, so the rotation must count the bytes read, not the bytes
// allocated.
TEST(Sampling, RotatesOverWhatARunReads) {
  Registry registry;
  register_kernels(registry);
  const Registry::Found found = registry.find_case(
      "expert_gemm/kokkos/tokens=1,hidden=64,inter=64,experts=16,routing=balanced,f32");
  Variant counted = *found.variant;
  int sets = 0;
  counted.prepare = [&](const Case& shape, TensorSet& tensors, NativeDevice* device) {
    ++sets;
    return found.variant->prepare(shape, tensors, device);
  };
  SamplingOptions options;
  options.repetitions = 1;
  options.min_seconds = 0.0001;
  options.cold_bytes = 8 * found.shape->traffic().bytes;
  sample(*found.shape, {{&counted}}, options);
  EXPECT_EQ(sets, 9);
}

// A variant that leaves another number of OpenMP threads behind must not affect the next variant.
// With fewer threads Kokkos hangs or computes only a part, so this one sets one more.
TEST(Sampling, RestoresTheProcessBetweenVariants) {
  class TakesThreads final : public Launch {
   public:
    void run() override { omp_set_num_threads(own_ + 1); }
    void restore_process() override { omp_set_num_threads(own_); }

   private:
    int own_ = omp_get_max_threads();
  };
  Registry registry;
  register_kernels(registry);
  const Registry::Found found = registry.find_case("linear/kokkos/tokens=2,out=64,in=64,f32");
  const int own = omp_get_max_threads();
  Variant taking = *found.variant, watching = *found.variant;
  taking.name = "taking";
  watching.name = "watching";
  taking.prepare = [](const Case&, TensorSet&, NativeDevice*) {
    return std::make_unique<TakesThreads>();
  };
  int runs = 0, changed = 0;
  watching.prepare = [&](const Case&, TensorSet&, NativeDevice*) {
    return make_launch([&] {
      ++runs;
      changed += omp_get_max_threads() != own;
    });
  };
  SamplingOptions options;
  options.repetitions = 8;
  options.min_seconds = 1e-6;
  sample(*found.shape, {{&taking}, {&watching}}, options);
  EXPECT_GT(runs, 0);
  EXPECT_EQ(changed, 0);
  EXPECT_EQ(omp_get_max_threads(), own);
}

TEST(Sampling, GoesOnUntilTheMedianIsKnownOrItHasEnough) {
  Registry registry;
  register_kernels(registry);
  const Registry::Found found = registry.find_case("linear/kokkos/tokens=2,out=64,in=64,f32");
  SamplingOptions options;
  options.repetitions = 8;
  options.min_seconds = 0.0001;
  options.max_repetitions = 20;
  options.until_percent = 1e-9;  // never reached: 8 and 8, a third turn would be 24
  EXPECT_EQ(sample(*found.shape, {{found.variant}}, options).at(0).seconds.size(), 16U);
  // Reached at once, even if other load disturbed so many samples that the median is unknown.
  options.until_percent = std::numeric_limits<double>::infinity();
  EXPECT_EQ(sample(*found.shape, {{found.variant}}, options).at(0).seconds.size(), 8U);
}

TEST(Sampling, TakesOverWhatFlagsOfTheLibrarySay) {
  SamplingOptions options;
  apply_flags({"--benchmark_repetitions=3", "--benchmark_min_time=0.25s",
               "--benchmark_min_warmup_time=0.5", "--benchmark_filter=x"},
              options);
  EXPECT_EQ(options.repetitions, 3);
  EXPECT_EQ(options.min_seconds, 0.25);
  EXPECT_EQ(options.warm_up_seconds, 0.5);
  for (const char* flag : {"--benchmark_min_time=soon", "--benchmark_min_time=inf",
                           "--benchmark_min_time=1e300", "--benchmark_min_warmup_time=nan",
                           "--benchmark_repetitions=1e9", "--benchmark_repetitions=2.5"}) {
    EXPECT_THROW(apply_flags({flag}, options), BadInput) << flag;
  }
}

TEST(MedianUncertainty, IsThatOfOrderStatistics) {
  // 100 samples 1 … 100: ranks floor(50 - 9.8) = 40 and its mirror 61; half of 21 in percent
  // of 50.5.
  std::vector<double> samples;
  for (int i = 100; i >= 1; --i) samples.push_back(i);
  EXPECT_DOUBLE_EQ(median_uncertainty_percent(samples), 100 * 10.5 / 50.5);
  EXPECT_EQ(median_uncertainty_percent({1, 1, 1, 1, 1}), INFINITY);
  EXPECT_EQ(median_uncertainty_percent(std::vector<double>(8, 1)), 0);
}

TEST(BenchmarkJson, HoldsTheRunsOfEveryCase) {
  const synthetic::Folder folder;
  const std::string file = folder / "b.json";
  std::vector<std::string> flags{"--benchmark_out=" + file, "--benchmark_out_format=json",
                                 "--other"};
  BenchmarkJson::start_file(flags);
  BenchmarkJson::of_process().take_flags(flags);
  EXPECT_EQ(flags, std::vector<std::string>{"--other"});
  Registry registry;
  register_kernels(registry);
  SamplingOptions options;
  options.repetitions = 2;
  options.min_seconds = 0.0001;
  for (const std::string id :
       {"linear/kokkos/tokens=2,out=64,in=64,f32", "linear/kokkos/tokens=3,out=64,in=64,f32"}) {
    const Registry::Found found = registry.find_case(id);
    sample(*found.shape, {{found.variant}}, options);
  }
  const std::string text = synthetic::read_all(file);
  for (const std::string part : {"\"context\"", "tokens=2,out=64", "tokens=3,out=64", "_median"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
  std::vector<std::string> csv{"--benchmark_out_format=csv"};
  EXPECT_THROW(BenchmarkJson::of_process().take_flags(csv), BadInput);
  std::vector<std::string> none;
  BenchmarkJson::of_process().take_flags(none);  // the other tests write no file
}

TEST(Sampling, RefusesACaseOverTheMemoryLimitInWords) {
  Registry registry;
  register_kernels(registry);
  const Registry::Found found = registry.find_case("linear/kokkos/tokens=2,out=64,in=64,f32");
  SamplingOptions options;
  options.memory_limit_bytes = 1000;
  try {
    sample(*found.shape, {{found.variant}}, options);
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
