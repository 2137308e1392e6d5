#include "harness/run/bench_run.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>

#include "harness/core/text_parts.hpp"
#include "harness/core/variant_role.hpp"
#include "harness/run/case_record.hpp"
#include "harness/run/check_run.hpp"
#include "harness/run/host_environment.hpp"
#include "harness/run/isolate.hpp"
#include "harness/run/real_devices.hpp"
#include "harness/run/shared_note.hpp"
#include "harness/timing/benchmark_json.hpp"
#include "harness/verify/check.hpp"

namespace kernelgate {
namespace {

constexpr double impossible_percent = 100 / 0.97;

// Index of the first vendor variant; its samples are the denominator of ratios.
std::optional<std::size_t> baseline_of(const std::vector<VariantOnDevice>& variants) {
  for (std::size_t i = 0; i < variants.size(); ++i) {
    if (role_of(variants[i].variant->name) == VariantRole::baseline) return i;
  }
  return std::nullopt;
}

/// "kokkos, baseline/onednn"
std::string names_of(const std::vector<VariantOnDevice>& variants) {
  std::string names;
  for (const VariantOnDevice& each : variants) {
    names += (names.empty() ? "" : ", ") + each.variant->name;
  }
  return names;
}

/// Times one case after another in one process; owns the machine's peaks.
class Bench {
 public:
  /// `note`: receives what the process is doing, after "while it".
  Bench(const BenchRun& run, const RunCounters* counters, SharedNote& note)
      : run_(run), note_(note) {
    sampling_ = run.sampling;
    sampling_.counters = counters;
    sampling_.cold_bytes = roofs_.cold_bytes();
  }

  std::vector<Record> time(const SuiteCase& suite_case) {
    std::vector<Record> rows;
    std::vector<VariantOnDevice> sound;
    std::vector<std::size_t> row_of;
    {
      note_.write("prepared the inputs and their reference");
      const PreparedCase prepared(*suite_case.shape, DataMode::real, run_.seed);
      for (const Variant* variant : suite_case.variants) {
        rows.push_back(blank(suite_case, *variant));
        if (const auto missing = devices_.missing_for(*variant)) {
          rows.back().status = Status::unsupported;
          rows.back().message = first_line(*missing);
          continue;
        }
        rows.back().device = devices_.profile_of(*variant);
        NativeDevice* device = devices_.device_of(*variant);
        note_.write("checked " + variant->name);
        const CheckResult result = prepared.check(*variant, device);
        rows.back().status = result.status;
        rows.back().message = first_line(result.message);
        if (result.status != Status::passed) continue;
        row_of.push_back(rows.size() - 1);
        sound.push_back({variant, device});
      }
    }
    if (sound.empty()) return rows;
    note_.write("timed " + names_of(sound));
    const std::vector<TimeSummary> times = sample(*suite_case.shape, sound, sampling_);
    const std::optional<std::size_t> baseline = baseline_of(sound);
    for (std::size_t i = 0; i < sound.size(); ++i) {
      Record& row = rows[row_of[i]];
      add_time(row, *suite_case.shape, times[i]);
      if (baseline && *baseline != i) {
        row.baseline = sound[*baseline].variant->name;
        row.ratio_to_baseline = paired_ratio(times[i], times[*baseline]);
      }
    }
    judge_again(suite_case, sound, row_of, rows);
    return rows;
  }

 private:
  Record blank(const SuiteCase& suite_case, const Variant& variant) const {
    return run_.blank(suite_case, variant);
  }

  void add_time(Record& row, const Case& shape, const TimeSummary& time) {
    const Traffic traffic = shape.traffic();
    row.samples = static_cast<std::int64_t>(time.seconds.size());
    row.time_median_seconds = time.median;
    row.time_low_seconds = time.low;
    row.time_high_seconds = time.high;
    if (time.marked) row.disturbed_samples = static_cast<std::int64_t>(time.marked->size());
    row.clock_hz = time.clock_hz;
    row.instructions = time.instructions;
    row.cycles = time.cycles;
    row.bytes = traffic.bytes;
    row.flops = traffic.flops;
    if (!row.device.empty()) return;  // the peaks are the host's; a GPU's are not measured
    add_floor(row, traffic);
    if (below_floor(row)) {  // other load may have lowered the measured peaks: measure them again
      roofs_.forget();
      add_floor(row, traffic);
      if (below_floor(row)) {
        row.message =
            fmt::format("invalid: {:.0f} % of the roofline; the kernel or its byte count is wrong",
                        *row.percent_of_roofline);
      }
    }
  }

  void add_floor(Record& row, const Traffic& traffic) {
    row.read_bandwidth_bytes_per_second = sampling_.cache == CacheMode::cold
                                              ? roofs_.read_bandwidth_cold()
                                              : roofs_.read_bandwidth_hot(traffic.bytes);
    row.peak_flops_per_second = roofs_.fma_peak();
    row.roofline_seconds = floor_of(row);
    row.percent_of_roofline = 100 * *row.roofline_seconds / *row.time_median_seconds;
  }

  // Rechecks on fresh inputs after the timing: a kernel that is only correct once gets no time. The
  // reference is recomputed, because a kernel that kept its old outputs would pass the old one.
  void judge_again(const SuiteCase& suite_case, const std::vector<VariantOnDevice>& sound,
                   const std::vector<std::size_t>& row_of, std::vector<Record>& rows) const {
    const PreparedCase prepared(*suite_case.shape, DataMode::real, run_.seed + 1000003);
    for (std::size_t i = 0; i < sound.size(); ++i) {
      const Variant& variant = *sound[i].variant;
      note_.write("checked " + variant.name + " again after timing");
      const CheckResult result = prepared.check(variant, sound[i].device);
      if (result.status == Status::passed) continue;
      Record& row = rows[row_of[i]];
      row = blank(suite_case, variant);
      row.device = devices_.profile_of(variant);
      row.status = Status::failed_recheck;
      row.message =
          fmt::format("wrong on fresh inputs after timing: {}", first_line(result.message));
    }
  }

  const BenchRun& run_;
  SharedNote& note_;
  RealDevices devices_;
  SamplingOptions sampling_;
  Roofs roofs_;
};

}  // namespace

void start_benchmark_library(const std::vector<std::string>& flags) {
  static std::vector<std::string> words{"kernelgate",
                                        "--benchmark_enable_random_interleaving=true"};
  words.insert(words.end(), flags.begin(), flags.end());
  BenchmarkJson::of_process().take_flags(words);
  static std::vector<char*> arguments;
  arguments.reserve(words.size());
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (count > 1) throw BadInput(fmt::format("Google Benchmark does not know '{}'", arguments[1]));
}

std::string leave_out_executors(std::vector<SuiteCase>& cases) {
  std::size_t left_out = 0;
  for (SuiteCase& c : cases) {
    left_out += std::erase_if(c.variants, [](const Variant* v) { return is_virtual(v->backend); });
  }
  std::erase_if(cases, [](const SuiteCase& c) { return c.variants.empty(); });
  if (left_out == 0) return {};
  return fmt::format(
      "left out: native variants on virtual devices ({} of the cases): the time of an executor "
      "is no measurement\n",
      left_out);
}

double floor_of(const Record& row) {
  const double memory =
      static_cast<double>(row.bytes.value()) / row.read_bandwidth_bytes_per_second.value();
  if (multiplies_as_stored(row.variant, row.dtype)) return memory;
  return std::max(memory,
                  static_cast<double>(row.flops.value()) / row.peak_flops_per_second.value());
}

bool below_floor(const Record& record) {
  if (!record.roofline_seconds || !record.time_high_seconds) return false;
  return 100 * *record.roofline_seconds / *record.time_high_seconds > impossible_percent;
}

Record BenchRun::blank(const SuiteCase& suite_case, const Variant& variant) const {
  Record record = start_record(RowKind::bench, run_id, suite_case, variant, DataMode::real, seed);
  record.cache = sampling.cache;
  add_program_options(record, plugin_words, threads);
  return record;
}

void BenchRun::run(const std::vector<SuiteCase>& cases,
                   const std::function<void(const Record&)>& done) const {
  check_host_environment();
  IsolatedJobs jobs;
  jobs.count = static_cast<std::int64_t>(cases.size());
  jobs.time_limit_seconds = time_limit_seconds;
  std::unique_ptr<RunCounters> counters;  // before threads start
  std::unique_ptr<Bench> bench;
  SharedNote note;
  BenchmarkJson::start_file(benchmark_flags);
  jobs.begin = [&] {
    counters = std::make_unique<RunCounters>();
    new HostExecutor(threads);  // the child leaves with _exit()
    start_benchmark_library(benchmark_flags);
    bench = std::make_unique<Bench>(*this, counters.get(), note);
  };
  const auto failed = [&](const SuiteCase& c, Status status, const std::string& why) {
    for (const Variant* variant : c.variants) {
      Record row = blank(c, *variant);
      row.status = status;
      row.message = why;
      if (status == Status::timed_out) {
        add_options(
            row, std::vector<std::string>{"--time-limit", fmt::format("{}", time_limit_seconds)});
      }
      done(row);
    }
  };
  jobs.run = [&](std::int64_t i) {
    return pack_rows(bench->time(cases[static_cast<std::size_t>(i)]));
  };
  jobs.finish = [&](std::int64_t i, const JobOutcome& outcome) {
    const SuiteCase& c = cases[static_cast<std::size_t>(i)];
    if (outcome.end == JobOutcome::End::returned) {
      for (const Record& row : unpack_rows(outcome.text)) done(row);
    } else if (outcome.end == JobOutcome::End::unavailable) {
      failed(c, Status::unsupported, outcome.text);
    } else {
      failed(c, status_of(outcome.end), fmt::format("{} while it {}", outcome.text, note.read()));
    }
  };
  if (isolated) {
    run_isolated(jobs);
    return;
  }
  counters = std::make_unique<RunCounters>();
  const HostExecutor executor(threads);
  start_benchmark_library(benchmark_flags);
  bench = std::make_unique<Bench>(*this, counters.get(), note);
  for (std::int64_t i = 0; i < jobs.count; ++i) {
    jobs.finish(i, run_here(jobs, i));
  }
}

}  // namespace kernelgate
