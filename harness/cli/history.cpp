// kernelgate history: finds the commits between which times changed. Reads stored measurements and
// imports those of other machines.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/history/import.hpp"
#include "harness/history/series.hpp"
#include "harness/records/record_reader.hpp"
#include "harness/report/text.hpp"
#include "harness/run/session.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

struct HistoryArguments {
  std::vector<std::string> records, imports;
  std::string tier = "cpu", kernel, fail_since;
  double magnitude_percent = 2;
  history::ChangeRules rules;
  bool all = false;
};

fs::path baselines() { return data_root() / "results" / "baselines"; }

std::vector<fs::path> files_of(const HistoryArguments& options) {
  std::vector<fs::path> files(options.records.begin(), options.records.end());
  if (!files.empty()) return files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(baselines(), none)) {
    if (entry.path().extension() == ".csv") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void run_imports(const HistoryArguments& options) {
  for (const std::string& from : options.imports) {
    const fs::path into = baselines() / (options.tier + ".csv");
    const history::Imported imported = history::import_records(from, into, std::cerr);
    fmt::print("{}: {} rows added to {}, {} known, {} without a time of their own\n", from,
               imported.added, into.string(), imported.known, imported.left_out);
  }
}

std::string change_line(const history::History& series, const history::ChangePoint& change) {
  const history::Job& last = series.jobs[change.first - 1];
  const history::Job& first = series.jobs[change.first];
  const double ratio = change.after / change.before;
  return fmt::format("  {:>5.1f} % {}  {} -> {}  {}..{}  {}  chance {:.2g}\n",
                     100 * std::abs(ratio < 1 ? 1 / ratio - 1 : ratio - 1),
                     ratio > 1 ? "slower" : "faster", time_text(change.before),
                     time_text(change.after), last.commit, first.commit, first.time_utc,
                     change.chance);
}

bool is_finding(const history::History& series, const history::ChangePoint& change,
                const std::string& since) {
  return !since.empty() && change.after > change.before &&
         series.jobs[change.first].time_utc >= since;
}

void run_history(Session& session, HistoryArguments& options) {
  run_imports(options);
  options.rules.magnitude = options.magnitude_percent / 100;
  const std::vector<fs::path> files = files_of(options);
  std::vector<std::vector<Record>> read;
  for (const fs::path& file : files) {
    RecordFile records = read_records(file);
    if (records.torn) fmt::print(stderr, "{}\n", *records.torn);
    read.push_back(std::move(records.records));
  }
  std::vector<Record> records = history::merged(std::move(read));
  if (!options.kernel.empty()) {
    session.registry().find(options.kernel);
    std::erase_if(records, [&](const Record& r) { return r.kernel != options.kernel; });
  }
  const std::vector<history::History> all = history::histories_of(records, options.rules);
  std::int64_t changes = 0, findings = 0, jobs = 0;
  for (const history::History& series : all) {
    jobs += static_cast<std::int64_t>(series.jobs.size());
    if (series.changes.empty() && !options.all) continue;
    fmt::print("{}  {} jobs  {}\n", series.key.id(), series.jobs.size(), series.key.machine());
    for (const history::ChangePoint& change : series.changes) {
      fmt::print("{}", change_line(series, change));
      ++changes;
      findings += is_finding(series, change, options.fail_since);
    }
  }
  fmt::print("{} series of {} files, {} values, {} changes of {} % or more\n", all.size(),
             files.size(), jobs, changes, options.magnitude_percent);
  if (findings > 0) {
    fmt::print("{} of them slower since {}\n", findings, options.fail_since);
    session.end_with(ExitCode::slower);
  }
  if (all.empty()) {
    fmt::print("nothing to analyse: no timed rows{}\n",
               files.empty() ? fmt::format(" (no CSV file in {})", baselines().string()) : "");
    session.end_with(ExitCode::nothing_ran);
  }
}

}  // namespace

void add_history_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<HistoryArguments>();
  CLI::App* command = app.add_subcommand("history", "Where times changed, between which commits");
  command->add_option("--records", options->records,
                      "CSV files to read (default: all of results/baselines); may repeat");
  command->add_option("--import", options->imports,
                      "First add the timed rows of this file to results/baselines; may repeat");
  command->add_option("--tier", options->tier, "--import adds to results/baselines/TIER.csv")
      ->check([](const std::string& tier) {
        const bool fine = !tier.empty() && tier.find('/') == std::string::npos && tier[0] != '.';
        return fine ? std::string() : "expected a name such as cpu or gfx942, got '" + tier + "'";
      });
  command->add_option("--kernel", options->kernel, "Only series of this kernel");
  command->add_option("--magnitude", options->magnitude_percent, "Minimum change in percent")
      ->check(CLI::Range(0.1, 1000.0));
  command
      ->add_option("--min-segment", options->rules.min_segment,
                   "Minimum number of jobs between changes")
      ->check(CLI::Range(2, 1000));
  command
      ->add_option("--window", options->rules.window,
                   "Jobs of a long series that are analysed together; 0: all of them")
      ->check(CLI::Range(0, 1000000));
  command
      ->add_option("--chance", options->rules.chance,
                   "Probability of reporting a change in a series that has none")
      ->check(CLI::Range(0.0005, 0.5));
  command->add_option("--seed", options->rules.seed, "Seed of the permutations");
  command->add_option("--fail-since", options->fail_since,
                      "Exit code 3 for a slower level since this time, such as 2026-01-31");
  command->add_flag("--all", options->all, "List series without change, too");
  command->footer("Example: kernelgate history --records compare.csv --all");
  command->callback([&session, options] { run_history(session, *options); });
}

}  // namespace kernelgate
