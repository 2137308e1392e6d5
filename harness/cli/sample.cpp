// kernelgate sample: one process of a comparison. Judges or times one variant on one case and
// prints one line with the result, which `kernelgate compare` reads.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/compare/probe.hpp"
#include "harness/core/text_parts.hpp"
#include "harness/records/environment.hpp"
#include "harness/run/bench_run.hpp"
#include "harness/run/real_devices.hpp"
#include "harness/run/sample_report.hpp"
#include "harness/run/selection.hpp"
#include "harness/timing/roof.hpp"
#include "harness/timing/watched_clock.hpp"
#include "harness/verify/check.hpp"

namespace kernelgate {
namespace {

struct SampleArguments {
  std::string case_id, cache = "cold";
  SamplingOptions sampling;
  std::uint64_t seed = 1;
  bool verify = false, roofs = false;
  std::int64_t working_set_bytes = 0, probe_units = 0;
  double probe_more = 0;
  std::vector<std::string> benchmark_flags;
};

SampleReport started() {
  const Environment here = detect_environment();
  SampleReport report;
  report.commit = here.commit;
  report.compiler = here.compiler;
  report.flags = here.flags;
  report.threads = here.threads;
  return report;
}

void measure_roofs(const SampleArguments& options, SampleReport& report) {
  Roofs roofs;
  report.read_bandwidth = options.working_set_bytes > 0
                              ? roofs.read_bandwidth_hot(options.working_set_bytes)
                              : roofs.read_bandwidth_cold();
  report.peak_flops = roofs.fma_peak();
}

void add_samples(const TimeSummary& time, SampleReport& report) {
  report.seconds = time.seconds;
  report.marks_shown = time.marked.has_value();
  if (time.marked) report.marked = *time.marked;
}

void time_probe(const SampleArguments& options, SampleReport& report) {
  const MachineWatch watch;
  compare::Probe probe(options.probe_units, options.probe_more);
  volatile double kept = probe.run();  // warms up
  std::vector<TimedSpan> spans;
  spans.reserve(static_cast<std::size_t>(options.sampling.repetitions));
  for (int i = 0; i < options.sampling.repetitions; ++i) {
    spans.push_back(timed_span(watch, [&] { kept = kept + probe.run(); }));
  }
  add_samples(summarise(spans), report);
}

/// Judges or times the case, which must have exactly one variant that this host or its GPU can run.
void run_case(Session& session, SampleArguments& options, SampleReport& report) {
  SelectionOptions selection;
  selection.cases = {options.case_id};
  std::vector<SuiteCase> cases = selection.select(session.registry(), nullptr, SelectedFor::timing);
  leave_out_executors(cases);
  if (cases.size() != 1 || cases[0].variants.size() != 1) {
    throw BadInput(fmt::format(
        "--case {}: expected one variant of one case that runs on this host or its GPU, got {}",
        options.case_id, cases.empty() ? 0 : cases[0].variants.size()));
  }
  const SuiteCase& chosen = cases[0];
  const Variant& variant = *chosen.variants[0];
  const RunCounters counters;  // before threads start
  const HostExecutor executor(session.threads);
  RealDevices devices;
  if (const auto missing = devices.missing_for(variant)) {
    report.status = Status::unsupported;
    report.message = first_line(*missing);
    return;
  }
  report.device = devices.profile_of(variant);
  NativeDevice* device = devices.device_of(variant);
  const Traffic traffic = chosen.shape->traffic();
  report.bytes = traffic.bytes;
  report.flops = traffic.flops;
  if (options.verify) {
    const PreparedCase prepared(*chosen.shape, DataMode::real, options.seed);
    const CheckResult result = prepared.check(variant, device);
    report.status = result.status;
    report.message = first_line(result.message);
    return;
  }
  if (const auto refused = variant.unsupported_reason(*chosen.shape, device)) {
    report.status = Status::unsupported;
    report.message = first_line(*refused);
    return;
  }
  apply_flags(options.benchmark_flags, options.sampling);
  options.sampling.counters = &counters;
  options.sampling.seed = options.seed;
  options.sampling.cold_bytes = Roofs().cold_bytes();
  start_benchmark_library(options.benchmark_flags);
  const std::vector<TimeSummary> times =
      sample(*chosen.shape, {{&variant, device}}, options.sampling);
  const TimeSummary& time = times.at(0);
  add_samples(time, report);
  report.clock_hz = time.clock_hz;
  report.instructions = time.instructions;
  report.cycles = time.cycles;
}

void run_sample(Session& session, SampleArguments& options) {
  options.sampling.cache = options.cache == "hot" ? CacheMode::hot : CacheMode::cold;
  SampleReport report = started();
  if (options.roofs) {
    measure_roofs(options, report);
  } else if (options.probe_units > 0) {
    time_probe(options, report);
  } else if (options.case_id.empty()) {
    throw BadInput("sample: expected --case, --peaks or --probe");
  } else {
    run_case(session, options, report);
  }
  fmt::print("{}\n", sample_line(report));
}

}  // namespace

void add_sample_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<SampleArguments>();
  options->sampling.repetitions = 15;
  options->sampling.min_seconds = 0.005;
  CLI::App* command = app.add_subcommand(
      "sample", "One process of a comparison: times or judges one variant, prints one line");
  command->add_option("--case", options->case_id, "Case id with its variant");
  command->add_option("--cache", options->cache, "cold (rotated buffers) or hot")
      ->check(CLI::IsMember({"cold", "hot"}));
  command->add_option("--samples", options->sampling.repetitions, "Samples of this process")
      ->check(CLI::Range(1, 1000));
  command->add_option("--min-seconds", options->sampling.min_seconds, "Minimum time of one sample")
      ->check(CLI::PositiveNumber);
  command->add_option("--seed", options->seed, "Seed of the inputs");
  command->add_flag("--verify", options->verify, "Judge on real data instead of timing");
  command->add_flag("--peaks", options->roofs, "Measure this machine's peaks instead");
  command
      ->add_option("--working-set", options->working_set_bytes,
                   "Bytes of the working set whose bandwidth is measured; 0: cold")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--probe", options->probe_units,
                   "Time this many units of known work instead (compare --self-test)")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--probe-more", options->probe_more, "Share of additional units, such as 0.02")
      ->check(CLI::Range(0.0, 10.0));
  command->add_option("--benchmark-flag", options->benchmark_flags,
                      "A flag of Google Benchmark; may repeat");
  command->footer(
      "Example: kernelgate sample --case linear/kokkos/tokens=2,out=64,in=64,f32 --samples 3");
  command->callback([&session, options] { run_sample(session, *options); });
}

}  // namespace kernelgate
