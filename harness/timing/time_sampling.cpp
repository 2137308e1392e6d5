#include "harness/timing/time_sampling.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string_view>

#include "harness/core/error.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/timing/benchmark_json.hpp"
#include "harness/timing/watched_clock.hpp"

namespace kernelgate {
namespace {

/// Enough tensor sets to rotate over, shared by the variants; each variant has its own launches.
/// All sets contain the same values at different addresses, because drawing new values would take
/// longer than the timing.
class Rotation {
 public:
  Rotation(const Case& shape, std::int64_t sets, std::uint64_t seed) {
    for (std::int64_t i = 0; i < sets; ++i) {
      sets_.push_back(std::make_unique<TensorSet>(shape.tensors()));
      if (i > 0) {
        sets_.back()->copy_from(*sets_.front());
        continue;
      }
      shape.fill(*sets_.back(), DataMode::real, seed);
      sets_.back()->poison_outputs();
    }
  }
  std::vector<std::unique_ptr<Launch>> launches(const Case& shape,
                                                const VariantOnDevice& runs) const {
    std::vector<std::unique_ptr<Launch>> list;
    list.reserve(sets_.size());
    for (const auto& set : sets_) list.push_back(runs.variant->prepare(shape, *set, runs.device));
    return list;
  }

 private:
  std::vector<std::unique_ptr<TensorSet>> sets_;
};

/// Keeps the samples, prints nothing, and forwards everything to `json` if given.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  explicit Collector(benchmark::BenchmarkReporter* json) : json_(json) {}

  bool ReportContext(const Context& context) override {
    return json_ == nullptr || json_->ReportContext(context);
  }
  void Finalize() override {
    if (json_ != nullptr) json_->Finalize();
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    if (json_ != nullptr) json_->ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      samples_[run.run_name.function_name][run.repetition_index] =
          run.GetAdjustedRealTime() / benchmark::GetTimeUnitMultiplier(run.time_unit);
    }
  }
  std::vector<double> of(const std::string& name) const {
    std::vector<double> list;
    const auto at = samples_.find(name);
    if (at == samples_.end()) {
      throw BadInput(name + ": Google Benchmark ran nothing of it (--benchmark_filter?)");
    }
    for (const auto& [repetition, seconds] : at->second) list.push_back(seconds);
    return list;
  }

 private:
  benchmark::BenchmarkReporter* json_;
  std::map<std::string, std::map<std::int64_t, double>> samples_;
};

/// State of the machine during one call of the library: a repetition, or a trial before the first.
struct Watched {
  std::int64_t runs = 0;
  std::optional<bool> disturbed;  // absent: the system reports neither
  std::optional<double> clock_hz, instructions, cycles;
};

std::optional<double> counted(const PerfCounter& counter, const std::optional<double>& before) {
  const std::optional<double> now = counter.count();
  if (!now || !before) return std::nullopt;
  return *now - *before;
}

/// One variant with its launches: timed by the library, observed over every call.
class Timed {
 public:
  Timed(const Variant& variant, std::vector<std::unique_ptr<Launch>> launches,
        const SamplingOptions& options, const MachineWatch& watch)
      : launches_(std::move(launches)),
        // A GPU's own clock excludes the launch overhead of the host.
        own_clock_(variant.backend == Backend::cuda || variant.backend == Backend::hip),
        counters_(options.counters),
        watch_(watch) {}

  void enroll(const std::string& id, const SamplingOptions& options) {
    auto* benchmark =
        benchmark::RegisterBenchmark(id.c_str(), [this](benchmark::State& state) { call(state); })
            ->Repetitions(options.repetitions)
            ->MinTime(options.min_seconds);
    if (options.warm_up_seconds > 0) benchmark->MinWarmUpTime(options.warm_up_seconds);
    if (own_clock_) {
      benchmark->UseManualTime();
    } else {
      benchmark->UseRealTime();
    }
    calls_.clear();
  }

  /// Takes the samples of one turn of the library. Its last calls are the repetitions; those before
  /// them searched for the number of runs.
  void take(const std::vector<double>& seconds) {
    const std::size_t trials = calls_.size() - seconds.size();
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      seconds_.push_back(seconds[i]);
      watched_.push_back(calls_[trials + i]);
    }
  }

  TimeSummary summary() const {
    std::vector<TimedSpan> spans;
    spans.reserve(seconds_.size());
    for (std::size_t i = 0; i < seconds_.size(); ++i) {
      spans.push_back({seconds_[i], watched_[i].disturbed});
    }
    TimeSummary summary = summarise(spans);
    std::int64_t runs = 0;
    double clocks = 0, instructions = 0, cycles = 0;
    bool has_clock = true, has_instructions = true, has_cycles = true;
    for (const Watched& w : watched_) {
      runs += w.runs;
      has_clock = has_clock && w.clock_hz;
      has_instructions = has_instructions && w.instructions;
      has_cycles = has_cycles && w.cycles;
      clocks += w.clock_hz.value_or(0);
      instructions += w.instructions.value_or(0);
      cycles += w.cycles.value_or(0);
    }
    if (runs == 0) return summary;
    if (has_clock) summary.clock_hz = clocks / static_cast<double>(watched_.size());
    if (has_instructions) summary.instructions = instructions / static_cast<double>(runs);
    if (has_cycles) summary.cycles = cycles / static_cast<double>(runs);
    return summary;
  }

 private:
  void call(benchmark::State& state) {
    WatchedClock clock(watch_);
    const auto instructions = counters_ ? counters_->instructions.count() : std::nullopt;
    const auto cycles = counters_ ? counters_->cycles.count() : std::nullopt;
    clock.start();
    for (auto _ : state) {
      Launch& launch = *launches_[next_];
      launch.run();
      if (own_clock_) state.SetIterationTime(launch.device_seconds().value());
      next_ = (next_ + 1) % launches_.size();  // continues where the last repetition stopped
    }
    clock.stop();
    launches_.front()->restore_process();  // for all launches, which share the process
    Watched w;
    w.runs = static_cast<std::int64_t>(state.iterations());
    w.clock_hz = watch_.clock_hz();
    w.disturbed = clock.total().disturbed;
    if (counters_ != nullptr) {
      w.instructions = counted(counters_->instructions, instructions);
      w.cycles = counted(counters_->cycles, cycles);
    }
    calls_.push_back(w);
  }

  std::vector<std::unique_ptr<Launch>> launches_;
  std::size_t next_ = 0;
  bool own_clock_;
  const RunCounters* counters_;
  const MachineWatch& watch_;
  std::vector<Watched> calls_, watched_;
  std::vector<double> seconds_;
};

bool needs_more(const std::vector<TimeSummary>& summaries, int taken,
                const SamplingOptions& options) {
  if (options.until_percent <= 0 || taken + options.repetitions > options.max_repetitions) {
    return false;
  }
  return std::any_of(summaries.begin(), summaries.end(), [&](const TimeSummary& summary) {
    return median_uncertainty_percent(summary.counted()) > options.until_percent;
  });
}

}  // namespace

void apply_flags(const std::vector<std::string>& flags, SamplingOptions& options) {
  const auto take = [&](std::string_view flag, double& value) {
    for (const std::string& word : flags) {
      if (!word.starts_with(flag)) continue;
      const std::string_view text = std::string_view(word).substr(flag.size());
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
      if (error != std::errc{} || !(value > 0 && value <= 1e6) || (!rest.empty() && rest != "s")) {
        throw BadInput(
            fmt::format("{}: expected a number above 0 and up to 1e6, got '{}'", flag, text));
      }
    }
  };
  double repetitions = options.repetitions;
  take("--benchmark_repetitions=", repetitions);
  if (repetitions != std::floor(repetitions)) {
    throw BadInput(
        fmt::format("--benchmark_repetitions=: expected a whole number, got '{}'", repetitions));
  }
  options.repetitions = static_cast<int>(repetitions);
  take("--benchmark_min_time=", options.min_seconds);
  take("--benchmark_min_warmup_time=", options.warm_up_seconds);
}

double median_uncertainty_percent(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const double n = static_cast<double>(samples.size());
  const double below = std::floor(n / 2 - 0.98 * std::sqrt(n));  // ranks start at 1
  if (below < 1) return std::numeric_limits<double>::infinity();
  const auto rank = static_cast<std::size_t>(below) - 1;
  return 50 * (samples[samples.size() - 1 - rank] - samples[rank]) / summarise(samples).median;
}

std::vector<TimeSummary> sample(const Case& shape, const std::vector<VariantOnDevice>& variants,
                                const SamplingOptions& options) {
  std::int64_t set_bytes = 0;
  for (const TensorSpec& spec : shape.tensors()) set_bytes += spec.bytes();
  const std::int64_t limit =
      options.memory_limit_bytes > 0 ? options.memory_limit_bytes : free_memory().bytes / 2;
  if (set_bytes > limit) {
    throw BadInput(fmt::format("{}: needs {:.2f} GB for one set of buffers, {:.2f} GB may be used",
                               shape.id(), 1e-9 * static_cast<double>(set_bytes),
                               1e-9 * static_cast<double>(limit)));
  }
  std::int64_t sets = 1;
  if (options.cache == CacheMode::cold) {
    // A run may read a small part of its tensors: one token uses one expert of many.
    const std::int64_t touched = std::min(set_bytes, shape.traffic().bytes);
    sets = std::clamp<std::int64_t>(
        options.cold_bytes / std::max<std::int64_t>(touched, 1) + 1, 1,
        std::max<std::int64_t>(limit / std::max<std::int64_t>(set_bytes, 1), 1));
    sets = std::min<std::int64_t>(sets, 4096);
  }
  const Rotation rotation(shape, sets, options.seed);
  const MachineWatch watch;
  std::vector<std::unique_ptr<Timed>> timed;
  timed.reserve(variants.size());
  for (const VariantOnDevice& runs : variants) {
    timed.push_back(
        std::make_unique<Timed>(*runs.variant, rotation.launches(shape, runs), options, watch));
  }
  const auto id_of = [&](const Variant& variant) {
    return shape.kernel() + "/" + variant.name + "/" + shape.axes();
  };
  std::vector<TimeSummary> summaries(variants.size());
  for (int taken = 0; taken == 0 || needs_more(summaries, taken, options);
       taken += options.repetitions) {
    for (std::size_t v = 0; v < variants.size(); ++v)
      timed[v]->enroll(id_of(*variants[v].variant), options);
    BenchmarkJson& json = BenchmarkJson::of_process();
    Collector collector(json.reporter());
    benchmark::RunSpecifiedBenchmarks(&collector);
    json.write();
    benchmark::ClearRegisteredBenchmarks();
    for (std::size_t v = 0; v < variants.size(); ++v) {
      timed[v]->take(collector.of(id_of(*variants[v].variant)));
      summaries[v] = timed[v]->summary();
    }
  }
  return summaries;
}

}  // namespace kernelgate
