// kernelgate check: judges the correctness of variants in exact and real mode, on suites or single
// cases.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "harness/cli/commands.hpp"
#include "harness/cli/options.hpp"
#include "harness/core/shell.hpp"
#include "harness/core/variant_role.hpp"
#include "harness/records/environment.hpp"
#include "harness/records/record_reader.hpp"
#include "harness/records/record_writer.hpp"
#include "harness/report/junit.hpp"
#include "harness/report/table.hpp"
#include "harness/report/text.hpp"
#include "harness/report/unsupported_reasons.hpp"
#include "harness/run/check_run.hpp"
#include "harness/run/counters_table.hpp"
#include "harness/run/progress.hpp"
#include "harness/run/selection.hpp"
#include "harness/verify/check.hpp"

namespace kernelgate {
namespace {

struct CheckArguments {
  SelectionOptions selection;
  std::string data = "both", records, junit;
  CheckRun run;
  bool in_process = false;
  bool resume = false;
  bool verbose = false;
};

// "  on amd-gfx942 (source)  schedule 2" of a native variant.
std::string where(const Record& record) {
  if (record.device.empty()) return {};
  return fmt::format("  on {} ({})  schedule {}", record.device, name(record.backend),
                     record.schedule_seed.value_or(0));
}

void print_failure(const Checked& checked) {
  const Record& record = checked.record;
  fmt::print("{:<11}  {}  {}  seed {}{}\n", name(record.status), record.id(), name(*record.data),
             record.seed.value_or(0), where(record));
  fmt::print("{}", checked.message);
  if (!checked.message.ends_with('\n')) fmt::print("\n");
  fmt::print("  rerun    {}\n", on_terminal(repro_command(record)));
}

// Prints the kernels without exact inputs, once per kernel and reason.
void print_without_exact(const std::vector<Record>& records) {
  std::vector<std::string> said;
  for (const Record& record : records) {
    if (!record.message.starts_with("exact: not applicable")) continue;
    const std::string line = fmt::format("{}  {}", record.kernel, record.message);
    if (std::find(said.begin(), said.end(), line) != said.end()) continue;
    said.push_back(line);
    fmt::print("{}\n", line);
  }
}

CheckRun without_finished(CheckRun run) {
  run.finished = nullptr;
  return run;
}

// With --resume, the results of this build in the records file.
FinishedRows finished_rows(const CheckArguments& options) {
  std::vector<Record> rows;
  if (options.resume) {
    if (options.records.empty()) throw BadInput("--resume: expected --records FILE to go on with");
    if (std::filesystem::exists(options.records)) rows = read_records(options.records).records;
  }
  return {rows, options.run.seed, detect_environment().commit};
}

void run_check(Session& session, CheckArguments& options) {
  if (options.selection.suites.empty() && options.selection.cases.empty()) {
    options.selection.suites = {"smoke"};
  }
  const Variant reference = reference_variant();
  const std::vector<SuiteCase> cases = options.selection.select(session.registry(), &reference);
  if (options.data == "exact") options.run.modes = {DataMode::exact};
  if (options.data == "real") options.run.modes = {DataMode::real};
  options.run.isolated = !options.in_process;
  options.run.threads = session.threads;
  options.run.plugin_words = session.plugin_words();
  options.run.run_id = new_run_id();
  const FinishedRows finished = finished_rows(options);
  if (options.resume) options.run.finished = &finished;
  std::optional<RecordWriter> writer;
  if (!options.records.empty()) writer.emplace(options.records, std::cerr);

  const std::int64_t left = options.run.count(cases);
  if (options.resume) {
    const CheckRun whole = without_finished(options.run);
    fmt::print("{}: {} judgements exist, {} are left\n", options.records, whole.count(cases) - left,
               left);
    if (detect_environment().commit.ends_with("-dirty")) {
      fmt::print("this build has uncommitted changes, so it cannot resume a run\n");
    }
    if (left == 0) return;
  }
  Progress progress("check", left);
  std::vector<Record> records;
  UnsupportedReasons unsupported_reasons;
  CountersTable counters;
  options.run.run(cases, [&](const Checked& checked) {
    const Record& record = checked.record;
    progress.step(record.id());
    records.push_back(record);
    counters.add(record, checked.counters);
    if (writer) writer->append(record);
    if (is_failure(record.status)) {
      session.end_with(ExitCode::incorrect);
      progress.clear();
      print_failure(checked);
    } else if (record.status == Status::unsupported) {
      unsupported_reasons.add(record);
    } else if (options.verbose) {
      progress.clear();
      fmt::print("{:<11}  {}  {}  checked {} of {}{}\n", name(record.status), record.id(),
                 name(*record.data), record.checked.value_or(0), record.total.value_or(0),
                 where(record));
    }
  });
  progress.finish();
  if (options.verbose) fmt::print("{}", unsupported_reasons.describe());
  fmt::print("{}", check_table(records));
  if (const std::string summary = unsupported_reasons.summary(); !summary.empty()) {
    fmt::print("{}{}\n", summary, options.verbose ? "" : "; --verbose lists them");
  }
  print_without_exact(records);
  fmt::print("{}", counters.text());
  if (!options.junit.empty()) write_junit(options.junit, records);
  const bool ran = std::any_of(records.begin(), records.end(), [](const Record& r) {
    return r.status != Status::unsupported && role_of(r.variant) != VariantRole::reference;
  });
  const bool only_reference =
      std::all_of(options.selection.variants.begin(), options.selection.variants.end(),
                  [](const std::string& v) { return role_of(v) == VariantRole::reference; }) &&
      !options.selection.variants.empty();
  if (!ran && !only_reference) {
    fmt::print("nothing ran: no variant of the chosen cases could be judged\n");
    session.end_with(ExitCode::nothing_ran);
  }
}

}  // namespace

void add_check_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<CheckArguments>();
  CLI::App* command = app.add_subcommand("check", "Judge variants against the scalar reference");
  add_options(*command, options->selection);
  command->add_option("--data", options->data, "exact (bit for bit), real (by error bound) or both")
      ->check(CLI::IsMember({"exact", "real", "both"}));
  command->add_option("--seed", options->run.seed, "Seed of the inputs");
  add_options(*command, options->run.virtual_runs);
  command
      ->add_option("--time-limit", options->run.time_limit_seconds,
                   "Seconds for one variant on one case")
      ->check(CLI::PositiveNumber);
  command->add_option("--records", options->records,
                      "Append one row per judgement to this CSV file");
  command->add_flag("--resume", options->resume,
                    "Skip what the records file contains for this build and seed; repeat the "
                    "options of the interrupted run");
  command->add_option("--junit", options->junit, "Write a JUnit file");
  command->add_flag("--in-process", options->in_process,
                    "Without the child process that survives crashes (for a debugger)");
  command->add_flag("-v,--verbose", options->verbose, "Print what passed and was unsupported, too");
  command->footer(
      "Example: kernelgate check --suite smoke\n"
      "Example: kernelgate check --case linear/kokkos/tokens=3,out=17,in=65,bf16 --data exact\n"
      "Example: kernelgate check --suite smoke --backend source --device amd-gfx942\n"
      "Example: kernelgate check --kernel linear --backend source --device nv-sm90 --counters");
  command->callback([&session, options] { run_check(session, *options); });
}

}  // namespace kernelgate
