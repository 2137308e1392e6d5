// kernelgate compare: tests whether the candidate is slower than the baseline. Runs rounds of fresh
// processes in a random, balanced order, until the result is certain or the noise prevents one.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <set>

#include "harness/builds/commit_build.hpp"
#include "harness/builds/device_lock.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/options.hpp"
#include "harness/compare/order.hpp"
#include "harness/compare/report.hpp"
#include "harness/compare/run.hpp"
#include "harness/compare/self_check.hpp"
#include "harness/core/process.hpp"
#include "harness/core/variant_role.hpp"
#include "harness/records/record_reader.hpp"
#include "harness/records/record_writer.hpp"
#include "harness/report/junit.hpp"
#include "harness/run/bench_run.hpp"
#include "harness/run/host_environment.hpp"
#include "harness/run/progress.hpp"
#include "harness/run/selection.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

struct CompareArguments {
  SelectionOptions selection;
  CompareSetup setup;
  std::string baseline, candidate, source, cache = "cold", statistic = "lower_quartile";
  std::string records = "compare.csv", junit, self_test_file = "self-test.txt";
  double margin_percent = 2;
  std::int64_t rounds = 0;
  int jobs = 1;
  bool strict = false, resume = false, list_orders = false, self_test = false;
};

void say(const std::string& words) { fmt::print(stderr, "{}\n", words); }

Build build_of(const std::string& text, const std::string& slot, const CompareArguments& options) {
  if (text.empty()) return {own_program(), own_program().parent_path(), "this build"};
  if (auto build = find_build(text)) return *build;
  const fs::path source = options.source.empty() ? data_root() : fs::path(options.source);
  return build_commit({source, own_program().parent_path(), slot, text, options.jobs, say});
}

// The sides as typed, and every option of the method.
std::vector<std::string> words_of(const Session& session, const CompareArguments& options,
                                  const std::vector<std::string>& plugins) {
  const CompareSetup& setup = options.setup;
  std::vector<std::string> words;
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {option, value});
  };
  for (const std::string& file : plugins) add("--plugin", file);
  if (session.threads != 0) add("--threads", std::to_string(session.threads));
  add("--baseline", options.baseline);
  add("--candidate", options.candidate);
  add("--baseline-plugin", setup.baseline.plugin);
  add("--candidate-plugin", setup.candidate.plugin);
  add("--source", options.source);
  add("--cache", options.cache);
  add("--samples", std::to_string(setup.samples));
  add("--min-seconds", fmt::format("{}", setup.min_seconds));
  add("--statistic", options.statistic);
  add("--margin", fmt::format("{}", options.margin_percent));
  add("--rounds", std::to_string(setup.rules.last_look));
  add("--input-seed", std::to_string(setup.seed));
  add("--time-limit", fmt::format("{}", setup.process_limit_seconds));
  return words;
}

// Gives a side the start options of this program: --threads and --plugin.
void complete(Side& side, const Session& session, const std::vector<std::string>& plugins) {
  if (session.threads > 0) side.options = {"--threads", std::to_string(session.threads)};
  std::vector<std::string> files = plugins;
  if (!side.plugin.empty()) files.push_back(side.plugin);
  for (const std::string& file : files) {
    side.options.insert(side.options.end(), {"--plugin", fs::absolute(file).string()});
  }
}

std::vector<CompareTarget> targets_of(const CompareArguments& options, const Session& session) {
  std::vector<SuiteCase> cases =
      options.selection.select(session.registry(), nullptr, SelectedFor::timing);
  fmt::print("{}", leave_out_executors(cases));
  std::vector<CompareTarget> targets;
  for (const SuiteCase& c : cases) {
    for (const Variant* v : c.variants) {
      const bool vendor = role_of(v->name) == VariantRole::baseline;
      if (vendor && options.selection.variants.empty() && !c.of_one_variant) continue;
      CompareTarget target{c.kernel->name, v->name, c.shape->axes(), {}, v->backend};
      for (const AxisText& part : split_axes(target.axes)) {
        if (part.key.empty()) target.dtype = part.value;
      }
      targets.push_back(std::move(target));
    }
  }
  return targets;
}

std::vector<std::unique_ptr<DeviceLock>> lock_devices(const std::vector<CompareTarget>& targets) {
  std::set<std::string> devices;  // sorted: the same lock order in all processes, so no deadlock
  for (const CompareTarget& t : targets) {
    devices.insert(t.backend == Backend::kokkos ? "cpu" : std::string(name(t.backend)));
  }
  std::vector<std::unique_ptr<DeviceLock>> locks;
  locks.reserve(devices.size());
  for (const std::string& device : devices) {
    locks.push_back(std::make_unique<DeviceLock>(device_lock_file(device), say));
  }
  return locks;
}

void print_orders(const std::vector<CompareTarget>& targets, const CompareSetup& setup) {
  for (const CompareTarget& t : targets) {
    fmt::print(
        "{}\n  {}\n", t.id(),
        compare::describe(compare::draw_orders(setup.order_seed, t.id(), 3, setup.rules.last_look),
                          {"B", "C", "b"}));
  }
  fmt::print(
      "seed {}; B baseline, C candidate, b the baseline repeated; for equal code only B and C\n",
      setup.order_seed);
}

void run_self_test(const CompareArguments& options) {
  CompareSelfTest test;
  test.program = own_program().string();
  test.order_seed = options.setup.order_seed;
  test.samples = options.setup.samples;
  test.file = options.self_test_file;
  if (options.rounds > 0) test.rounds = options.rounds;
  const DeviceLock lock(device_lock_file("cpu"), say);
  Progress progress("self-test", test.rounds);
  const std::string table = test.run([&](const std::string& what) { progress.step(what); });
  progress.finish();
  fmt::print("{}", table);
}

std::vector<Record> earlier_rows(const CompareArguments& options) {
  if (!options.resume || !fs::exists(options.records)) return {};
  return read_records(options.records).records;
}

void run_compare(Session& session, CompareArguments& options) {
  if (options.self_test) return run_self_test(options);
  CompareSetup& setup = options.setup;
  setup.rules.margin = options.margin_percent / 100;
  if (options.rounds > 0) setup.rules.last_look = options.rounds;
  setup.rules.first_look = std::min(setup.rules.first_look, setup.rules.last_look);
  setup.cache = options.cache == "hot" ? CacheMode::hot : CacheMode::cold;
  setup.statistic = options.statistic == "median"    ? compare::Statistic::median
                    : options.statistic == "minimum" ? compare::Statistic::minimum
                                                     : compare::Statistic::lower_quartile;
  const bool plugins = !setup.baseline.plugin.empty() && !setup.candidate.plugin.empty();
  if ((options.baseline.empty() || options.candidate.empty()) && !plugins) {
    throw BadInput(
        "compare: expected --baseline and --candidate (a build folder, a program or a "
        "commit each), or --baseline-plugin and --candidate-plugin");
  }
  const std::vector<std::string> shared = session.plugin_files();
  if (!setup.candidate.plugin.empty()) session.load_plugin(setup.candidate.plugin);
  if (options.selection.suites.empty() && options.selection.cases.empty()) {
    options.selection.suites = {"smoke"};
  }
  const std::vector<CompareTarget> targets = targets_of(options, session);
  if (options.list_orders) return print_orders(targets, setup);
  check_host_environment();
  setup.run_id = new_run_id();
  setup.baseline.build = build_of(options.baseline, "baseline", options);
  setup.candidate.build = build_of(options.candidate, "candidate", options);
  complete(setup.baseline, session, shared);
  complete(setup.candidate, session, shared);
  setup.words = words_of(session, options, shared);

  const auto locks = lock_devices(targets);
  const std::vector<Record> earlier = earlier_rows(options);
  RecordWriter writer(options.records, std::cerr);
  Progress progress("compare",
                    static_cast<std::int64_t>(targets.size()) * (setup.rules.last_look + 4));
  CompareRun run(setup, {[&](const Record& row) { writer.append(row); },
                         [&](const std::string& what) { progress.step(what); }});
  const std::vector<Comparison> results = run.run(targets, earlier);
  progress.finish();
  std::vector<Record> rows;
  for (const Comparison& result : results) {
    rows.push_back(compare_row(setup, result));
    writer.append(rows.back());
  }
  writer.sync();
  if (!options.junit.empty()) write_junit(options.junit, rows);
  fmt::print("{}", compare_table(results, setup));
  fmt::print("rounds       {} (orders drawn from seed {})\n", options.records, setup.order_seed);
  session.end_with(exit_of(results, options.strict));
}

void add_how(CLI::App& command, CompareArguments& options) {
  command.add_option("--cache", options.cache, "cold (rotated buffers) or hot")
      ->check(CLI::IsMember({"cold", "hot"}));
  command.add_option("--samples", options.setup.samples, "Samples of one process")
      ->check(CLI::Range(1, 1000));
  command.add_option("--min-seconds", options.setup.min_seconds, "Minimum time of one sample")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--statistic", options.statistic,
                  "The number of a process: lower_quartile, median or minimum of its samples")
      ->check(CLI::IsMember({"lower_quartile", "median", "minimum"}));
  command.add_option("--margin", options.margin_percent, "Difference that matters, in percent")
      ->check(CLI::Range(0.1, 50.0));
  command
      .add_option("--rounds", options.rounds,
                  "Maximum number of rounds per case (60), of --self-test in total (120)")
      ->check(CLI::Range(2, 10000));
  command.add_option("--seed", options.setup.order_seed, "Seed of the orders");
  command.add_option("--input-seed", options.setup.seed, "Seed of the inputs");
  command
      .add_option("--budget", options.setup.budget_seconds, "Seconds for all rounds; 0: no limit")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--time-limit", options.setup.process_limit_seconds, "Seconds for one process")
      ->check(CLI::PositiveNumber);
}

}  // namespace

void add_compare_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<CompareArguments>();
  CLI::App* command =
      app.add_subcommand("compare", "Is one build slower than another? Paired rounds of processes");
  command->add_option("--baseline", options->baseline,
                      "Build folder, program or commit to compare with");
  command->add_option("--candidate", options->candidate,
                      "Build folder, program or commit in question");
  command->add_option("--baseline-plugin", options->setup.baseline.plugin,
                      "Plugin of the baseline (docs/plugin.md)");
  command->add_option("--candidate-plugin", options->setup.candidate.plugin,
                      "Plugin of the candidate");
  command->add_option("--source", options->source, "Checkout that has the commits");
  command->add_option("--jobs", options->jobs, "Parallel compile jobs when a commit is built")
      ->check(CLI::Range(1, 1024));
  add_options(*command, options->selection);
  add_how(*command, *options);
  command->add_option("--records", options->records,
                      "CSV file that every process's row is appended to");
  command->add_flag("--resume", options->resume,
                    "Resume after the complete rounds of the records file");
  command->add_option("--junit", options->junit, "Write JUnit XML");
  command->add_flag("--strict", options->strict, "cannot_tell ends with exit code 4");
  command->add_flag("--list-orders", options->list_orders, "Print the drawn orders and end");
  command->add_flag("--self-test", options->self_test,
                    "False alarms and power on this machine, with work of a known amount");
  command->add_option("--self-test-file", options->self_test_file,
                      "File of its rounds; an existing file is continued");
  command->footer(
      "Example: kernelgate compare --baseline HEAD~1 --candidate build --case "
      "linear/kokkos/tokens=7,out=64,in=200,f32");
  command->callback([&session, options] { run_compare(session, *options); });
}

}  // namespace kernelgate
