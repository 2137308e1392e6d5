// kernelgate bench: times variants against the roofline time and against the vendor's library.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <optional>

#include "harness/cli/commands.hpp"
#include "harness/cli/options.hpp"
#include "harness/core/shell.hpp"
#include "harness/records/record_writer.hpp"
#include "harness/report/table.hpp"
#include "harness/run/bench_run.hpp"
#include "harness/run/progress.hpp"
#include "harness/run/selection.hpp"

namespace kernelgate {
namespace {

struct BenchArguments {
  SelectionOptions selection;
  std::string cache = "cold", records;
  BenchRun run;
  bool in_process = false;
};

void end_for(const Record& row, Session& session) {
  const bool fine = row.status == Status::passed || row.status == Status::unsupported;
  if (!fine) session.end_with(ExitCode::incorrect);
  if (below_floor(row)) session.end_with(ExitCode::invalid_environment);
}

// The measurement conditions: disturbed samples, clocks, instruction counts, or why these are
// missing.
std::string what_was_shown(const std::vector<Record>& records) {
  std::int64_t timed = 0, clocks = 0, counted = 0;
  DisturbedCount disturbed;
  for (const Record& r : records) {
    if (!r.time_median_seconds) continue;
    ++timed;
    disturbed.add(r.samples.value_or(0), r.disturbed_samples);
    clocks += r.clock_hz.has_value();
    counted += r.instructions.has_value();
  }
  if (timed == 0) return {};
  const PerfCounter counter(PerfCounter::Event::instructions);
  return fmt::format("disturbed    {}\nclocks       {}\ninstructions {}\n",
                     describe(disturbed, true),
                     clocks == 0 ? "not shown by this system" : "in the records",
                     counted > 0 ? "in the records, of one run in user space"
                                 : "not counted: " + counter.missing());
}

void run_bench(Session& session, BenchArguments& options) {
  if (options.selection.suites.empty() && options.selection.cases.empty()) {
    options.selection.suites = {"smoke"};
  }
  std::vector<SuiteCase> cases =
      options.selection.select(session.registry(), nullptr, SelectedFor::timing);
  fmt::print("{}", leave_out_executors(cases));
  options.run.sampling.cache = options.cache == "hot" ? CacheMode::hot : CacheMode::cold;
  apply_flags(options.run.benchmark_flags, options.run.sampling);
  options.run.isolated = !options.in_process;
  options.run.threads = session.threads;
  options.run.plugin_words = session.plugin_words();
  options.run.run_id = new_run_id();
  std::optional<RecordWriter> writer;
  if (!options.records.empty()) writer.emplace(options.records, std::cerr);

  std::int64_t variants = 0;
  for (const SuiteCase& c : cases) variants += static_cast<std::int64_t>(c.variants.size());
  Progress progress("bench", variants);
  std::vector<Record> records;
  options.run.run(cases, [&](const Record& row) {
    progress.step(row.id());
    records.push_back(row);
    if (writer) writer->append(row);
    end_for(row, session);
    if (row.status != Status::passed) {
      progress.clear();
      fmt::print("{:<11}  {}  {}\n", name(row.status), row.id(), row.message);
      if (row.status != Status::unsupported)
        fmt::print("  rerun    {}\n", on_terminal(repro_command(row)));
    }
  });
  progress.finish();
  fmt::print("{}", bench_table(records));
  fmt::print("{}", what_was_shown(records));
  const bool timed = std::any_of(records.begin(), records.end(),
                                 [](const Record& r) { return r.time_median_seconds.has_value(); });
  if (!timed) {
    fmt::print("nothing ran: no variant of the chosen cases could be timed\n");
    session.end_with(ExitCode::nothing_ran);
  }
}

}  // namespace

void add_bench_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<BenchArguments>();
  CLI::App* command = app.add_subcommand("bench", "Time variants that are correct on this host");
  add_options(*command, options->selection);
  command->add_option("--cache", options->cache, "cold (rotated buffers) or hot")
      ->check(CLI::IsMember({"cold", "hot"}));
  command
      ->add_option("--repetitions", options->run.sampling.repetitions,
                   "Samples of each variant, interleaved at random")
      ->check(CLI::Range(1, 1000));
  command
      ->add_option("--min-seconds", options->run.sampling.min_seconds, "Minimum time of one sample")
      ->check(CLI::PositiveNumber);
  command
      ->add_option(
          "--until-percent", options->run.sampling.until_percent,
          "Continue until every median is known to this percent (half of its 95 % interval)")
      ->check(CLI::Range(0.01, 50.0));
  command
      ->add_option("--max-repetitions", options->run.sampling.max_repetitions,
                   "Samples of each variant at which --until-percent stops")
      ->check(CLI::Range(1, 100000));
  command
      ->add_option("--warm-up", options->run.sampling.warm_up_seconds,
                   "Seconds of each variant before its first sample")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--seed", options->run.seed, "Seed of the inputs");
  command
      ->add_option("--time-limit", options->run.time_limit_seconds,
                   "Seconds for one case with all its variants")
      ->check(CLI::PositiveNumber);
  command->add_option("--records", options->records,
                      "Append one row per measurement to this CSV file");
  command->add_flag("--in-process", options->in_process,
                    "Without the child process that survives crashes");
  command->add_option("--benchmark-flag", options->run.benchmark_flags,
                      "A flag of Google Benchmark, such as --benchmark_min_time=0.2 or "
                      "--benchmark_out=bench.json; may repeat");
  command->footer("Example: kernelgate bench --suite smoke --repetitions 5");
  command->callback([&session, options] { run_bench(session, *options); });
}

}  // namespace kernelgate
