#include "harness/timing/time_sampling.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

double quantile(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const std::size_t below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::int64_t free_memory_bytes() {
  return static_cast<std::int64_t>(sysconf(_SC_AVPHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

/// Tensors enough to rotate over, shared by the variants; each variant has its own launches.
class Rotation {
 public:
  Rotation(const Case& shape, std::int64_t sets, std::uint64_t seed) {
    for (std::int64_t i = 0; i < sets; ++i) {
      sets_.push_back(std::make_unique<TensorSet>(shape.tensors()));
      shape.fill(*sets_.back(), DataMode::real, seed + static_cast<std::uint64_t>(i));
      sets_.back()->poison_outputs();
    }
  }
  std::vector<std::unique_ptr<Launch>> launches(const Case& shape, const Variant& variant) const {
    std::vector<std::unique_ptr<Launch>> list;
    for (const auto& set : sets_) list.push_back(variant.prepare(shape, *set));
    return list;
  }

 private:
  std::vector<std::unique_ptr<TensorSet>> sets_;
};

/// Keeps the samples and prints nothing.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      samples_[run.run_name.function_name][run.repetition_index] =
          run.GetAdjustedRealTime() / benchmark::GetTimeUnitMultiplier(run.time_unit);
    }
  }
  std::vector<double> of(const std::string& name) const {
    std::vector<double> list;
    for (const auto& [repetition, seconds] : samples_.at(name)) list.push_back(seconds);
    return list;
  }

 private:
  std::map<std::string, std::map<std::int64_t, double>> samples_;
};

}  // namespace

TimeSummary summarise(std::vector<double> seconds) {
  TimeSummary summary;
  summary.seconds = std::move(seconds);
  if (summary.seconds.empty()) return summary;
  std::vector<double> sorted = summary.seconds;
  std::sort(sorted.begin(), sorted.end());
  summary.low = quantile(sorted, 0.25);
  summary.median = quantile(sorted, 0.5);
  summary.high = quantile(sorted, 0.75);
  return summary;
}

double paired_ratio(const TimeSummary& time, const TimeSummary& baseline) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(time.seconds.size(), baseline.seconds.size()); ++i) {
    ratios.push_back(time.seconds[i] / baseline.seconds[i]);
  }
  return summarise(std::move(ratios)).median;
}

std::vector<TimeSummary> sample(const Case& shape, const std::vector<const Variant*>& variants,
                                const SamplingOptions& options) {
  std::int64_t set_bytes = 0;
  for (const TensorSpec& spec : shape.tensors()) set_bytes += spec.bytes();
  const std::int64_t limit =
      options.memory_limit_bytes > 0 ? options.memory_limit_bytes : free_memory_bytes() / 2;
  if (set_bytes > limit) {
    throw BadInput(fmt::format("{}: needs {:.2f} GB for one set of buffers, {:.2f} GB may be used",
                               shape.id(), 1e-9 * static_cast<double>(set_bytes),
                               1e-9 * static_cast<double>(limit)));
  }
  std::int64_t sets = 1;
  if (options.cache == CacheMode::cold) {
    sets = std::clamp<std::int64_t>(
        options.cold_bytes / std::max<std::int64_t>(set_bytes, 1) + 1, 1,
        std::max<std::int64_t>(limit / std::max<std::int64_t>(set_bytes, 1), 1));
    sets = std::min<std::int64_t>(sets, 4096);
  }
  const Rotation rotation(shape, sets, options.seed);

  std::vector<std::vector<std::unique_ptr<Launch>>> launches;
  for (const Variant* variant : variants) launches.push_back(rotation.launches(shape, *variant));
  for (std::size_t v = 0; v < variants.size(); ++v) {
    auto* own = &launches[v];
    auto next = std::make_shared<std::size_t>(0);  // goes on where the last repetition stopped
    // A GPU's own clock leaves out what the host adds to a launch.
    const bool own_clock =
        variants[v]->backend == Backend::cuda || variants[v]->backend == Backend::hip;
    auto* benchmark =
        benchmark::RegisterBenchmark(variants[v]->name.c_str(),
                                     [own, next, own_clock](benchmark::State& state) {
                                       for (auto _ : state) {
                                         Launch& launch = *(*own)[*next];
                                         launch.run();
                                         if (own_clock) {
                                           state.SetIterationTime(launch.device_seconds().value());
                                         }
                                         *next = (*next + 1) % own->size();
                                       }
                                     })
            ->Repetitions(options.repetitions)
            ->MinTime(options.least_seconds);
    if (own_clock) {
      benchmark->UseManualTime();
    } else {
      benchmark->UseRealTime();
    }
  }
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);
  benchmark::ClearRegisteredBenchmarks();

  std::vector<TimeSummary> summaries;
  for (const Variant* variant : variants)
    summaries.push_back(summarise(collector.of(variant->name)));
  return summaries;
}

}  // namespace kernelgate
