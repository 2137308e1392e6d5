#include "harness/run/validation.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <optional>

#include "harness/core/output_file.hpp"
#include "harness/core/process.hpp"
#include "harness/core/shell.hpp"
#include "harness/core/variant_role.hpp"
#include "harness/records/record_reader.hpp"
#include "harness/records/record_writer.hpp"
#include "harness/report/junit.hpp"
#include "harness/report/markdown_summary.hpp"
#include "harness/report/page.hpp"
#include "harness/report/table.hpp"
#include "harness/report/tier.hpp"
#include "harness/run/bench_run.hpp"
#include "harness/run/check_run.hpp"
#include "harness/run/child_answer.hpp"
#include "harness/run/host_environment.hpp"
#include "harness/run/isolate.hpp"
#include "harness/run/progress.hpp"
#include "harness/run/report_inputs.hpp"
#include "harness/run/selection.hpp"
#include "harness/run/session.hpp"
#include "harness/run/vendor_run.hpp"
#include "harness/support/launches.hpp"
#include "harness/verify/check.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

std::string command_line(const Session& session, const ValidationSettings& options) {
  std::vector<std::string> words{"validate"};
  const ValidationSettings usual;
  if (options.vendor) words.emplace_back("--vendor");
  for (const std::string& suite : options.suites) words.insert(words.end(), {"--suite", suite});
  if (!options.throughput.empty()) {
    words.insert(words.end(), {"--throughput", options.throughput});
  }
  if (options.seed != usual.seed) {
    words.insert(words.end(), {"--seed", std::to_string(options.seed)});
  }
  if (options.repetitions != usual.repetitions) {
    words.insert(words.end(), {"--repetitions", std::to_string(options.repetitions)});
  }
  if (options.time_limit_seconds != usual.time_limit_seconds) {
    words.insert(words.end(), {"--time-limit", fmt::format("{}", options.time_limit_seconds)});
  }
  words.insert(words.end(), {"--output", options.output});
  return shell_line(session.command_line("kernelgate", words));
}

// The settings that a second start must share to continue the first one's rows.
std::string asked(const ValidationSettings& options, int threads) {
  return fmt::format("suites {}\nseed {}\nrepetitions {}\nthroughput {}\nthreads {}\n",
                     fmt::join(options.suites, " "), options.seed, options.repetitions,
                     options.throughput, threads);
}

// The goldens' rows as text for a pipe, or the reason why there are none.
std::string golden_rows(const GoldenRun& run, const std::string& run_id) {
  std::vector<Record> rows;
  try {
    run(run_id, [&](const Record& row) { rows.push_back(row); });
  } catch (const Unavailable&) {
    throw;
  } catch (const std::exception& error) {
    return refusal_text(error.what());
  }
  return pack_rows(rows);
}

/// One run: appends rows to the file at once and keeps them for tables and page.
class Validation {
 public:
  Validation(Session& session, const ValidationSettings& options, const GoldenRun& goldens)
      : session_(session), options_(options), goldens_(goldens), folder_(options.output) {
    check_host_environment();
    if (options.vendor) {
      run_folder_.emplace(folder_, run_identity(asked(options, session.threads)), std::cerr);
      for (const Record& row : run_folder_->rows()) take(row);
      if (!records_.empty()) fmt::print("going on after {} rows\n", records_.size());
    } else {
      make_folder(folder_, "--output");
      writer_.emplace(folder_ / "records.csv", std::cerr);
    }
  }

  void run() {
    if (options_.vendor && options_.suites.empty()) {
      const std::vector<std::string> all = suite_names(data_root());
      check(all, Executors::with);
    } else if (options_.suites.empty()) {
      check({"smoke"}, Executors::with);
      fmt::print("{}\n", check_table(records_));
      check({"edge_shapes"}, Executors::without);
      const std::string why =
          "native variants on virtual devices were judged on smoke; on edge_shapes, which takes "
          "about eleven minutes of a core: ";
      const std::string command = "kernelgate check --suite edge_shapes --backend source";
      left_out_.push_back(why + command);
      fmt::print("{}{}\n", why, on_terminal(command));
    } else {
      check(options_.suites, Executors::with);
    }
    goldens();
    bench(timed_suites());
    part({"kv", "--commit", "0.2"}, "KV cache");
    throughput();
    finish();
  }

 private:
  std::vector<std::string> timed_suites() const {
    if (!options_.suites.empty()) return options_.suites;
    if (options_.vendor) return {"speed", "prefill", "decode", "sampler"};
    return {"speed"};
  }

  void keep(const Record& record) {
    if (run_folder_ && !run_folder_->keep(record)) return;
    if (writer_) writer_->append(record);
    take(record);
  }

  void take(const Record& record) {
    records_.push_back(record);
    if (record.status != Status::passed && record.status != Status::unsupported) {
      session_.end_with(ExitCode::incorrect);
    }
    if (below_floor(record)) session_.end_with(ExitCode::invalid_environment);
  }

  enum class Executors { with, without };

  void check(const std::vector<std::string>& suites, Executors executors) {
    const Variant reference = reference_variant();
    std::vector<SuiteCase> cases =
        SelectionOptions{suites, {}, {}, {}, {}}.select(session_.registry(), &reference);
    if (executors == Executors::without) leave_out_executors(cases);
    CheckRun run;
    run.seed = options_.seed;
    run.run_id = run_id_;
    run.threads = session_.threads;
    run.plugin_words = session_.plugin_words();
    run.time_limit_seconds = options_.time_limit_seconds;
    std::optional<FinishedRows> finished;
    if (run_folder_) {
      finished.emplace(run_folder_->rows(), options_.seed);
      run.finished = &*finished;
    }
    Progress progress("check", run.count(cases));
    run.run(cases, [&](const Checked& checked) {
      progress.step(checked.record.id());
      keep(checked.record);
      if (checked.record.status == Status::passed || checked.record.status == Status::unsupported) {
        return;
      }
      progress.clear();
      fmt::print("{:<11}  {}  {}\n{}\n  rerun    {}\n", name(checked.record.status),
                 checked.record.id(), name(*checked.record.data), checked.message,
                 on_terminal(repro_command(checked.record)));
    });
    progress.finish();
  }

  void goldens() {
    if (run_folder_ && run_folder_->finished("goldens")) {
      fmt::print("{}\n", check_table(records_));
      return;
    }
    for (const Record& record : goldens_of_child()) {
      keep(record);
      if (record.status == Status::passed) continue;
      fmt::print("{:<11}  {}  {}\n", name(record.status), record.axes, record.message);
    }
    if (run_folder_) run_folder_->finish("goldens");
    fmt::print("{}\n", check_table(records_));
  }

  // Runs the goldens in a child, because a model may start threads and this process forks again.
  std::vector<Record> goldens_of_child() const {
    Progress progress("model", 1);
    progress.step("goldens");
    std::vector<Record> rows;
    IsolatedJobs jobs;
    jobs.count = 1;
    jobs.run = [this](std::int64_t) { return golden_rows(goldens_, run_id_); };
    jobs.finish = [&](std::int64_t, const JobOutcome& outcome) {
      progress.finish();
      const std::string why = "goldens of the model: " + outcome.text;
      if (outcome.end == JobOutcome::End::unavailable) throw MissingResource(why);
      if (outcome.end != JobOutcome::End::returned) throw BadInput(why);
      rows = unpack_rows(outcome.text);
    };
    run_isolated(jobs);
    return rows;
  }

  void bench(const std::vector<std::string>& suites) {
    std::vector<SuiteCase> cases = SelectionOptions{suites, {}, {}, {}, {}}.select(
        session_.registry(), nullptr, SelectedFor::timing);
    fmt::print("{}", leave_out_executors(cases));
    BenchRun run;
    run.seed = options_.seed;
    run.run_id = run_id_;
    run.threads = session_.threads;
    run.plugin_words = session_.plugin_words();
    run.sampling.repetitions = options_.repetitions;
    run.time_limit_seconds = 2 * options_.time_limit_seconds;
    if (run_folder_) {  // a case is timed again if the row of any of its variants is missing
      std::erase_if(cases, [&](const SuiteCase& c) {
        return std::all_of(c.variants.begin(), c.variants.end(), [&](const Variant* variant) {
          return run_folder_->has(run.blank(c, *variant));
        });
      });
    }
    std::int64_t variants = 0;
    for (const SuiteCase& c : cases) variants += static_cast<std::int64_t>(c.variants.size());
    Progress progress("bench", variants);
    run.run(cases, [&](const Record& record) {
      progress.step(record.id());
      keep(record);
    });
    progress.finish();
    fmt::print("{}\n", bench_table(records_));
  }

  /// Runs a subcommand whose rows become part of this run's records.
  void part(std::vector<std::string> arguments, const std::string& what) {
    const std::string command = arguments.front();
    if (run_folder_ && run_folder_->finished(command)) return;
    // A resumable run takes the rows of a part into its file only when the part has finished.
    const fs::path file = folder_ / (run_folder_ ? command + ".csv" : "records.csv");
    if (run_folder_) fs::remove(file);
    const std::size_t before = run_folder_ ? 0 : read_records(file).records.size();
    arguments.insert(arguments.end(), {"--records", file.string()});
    const fs::path log = folder_ / (command + ".txt");
    fmt::print("{}: {}\n", what, log.string());
    const ProcessEnd end = run_process(
        {session_.command_line(own_program().string(), arguments), ProcessOutput::new_log, log});
    const std::vector<Record> rows =
        fs::exists(file) ? read_records(file).records : std::vector<Record>{};
    for (std::size_t i = before; i < rows.size(); ++i) {
      if (rows[i].run_id == run_id_ || rows[i].kernel != part_kernel(command)) continue;
      if (run_folder_) keep(rows[i]);
      if (!run_folder_) take(rows[i]);
    }
    if (run_folder_) run_folder_->finish(command);
    if (end.well()) return;
    left_out_.push_back(
        fmt::format("{}: {}, its output is in {}", what, end.describe(), log.string()));
    fmt::print("{}\n", left_out_.back());
    // A part that was rejected, for example for lack of memory, is no incorrect result.
    const bool own_code = end.exit_code <= static_cast<int>(ExitCode::internal_error);
    session_.end_with(own_code ? static_cast<ExitCode>(end.exit_code) : ExitCode::incorrect);
  }

  static std::string part_kernel(const std::string& command) {
    return command == "kv" ? "kv" : "model";
  }

  void throughput() {
    std::string model = options_.throughput;
    if (model.empty()) model = options_.suites.empty() ? "s340" : "none";
    if (model == "none") {
      left_out_.emplace_back(
          "tokens per second of a whole model: not requested (--throughput MODEL)");
      return;
    }
    part({"throughput", "--model", model, "--dtype",   "bf16", "--pp",      "32",   "--pp",
          "128",        "--pp",    "512", "--tg",      "4",    "--batch",   "1",    "--batch",
          "4",          "--batch", "8",   "--context", "128",  "--context", "1024", "--time-limit",
          "300"},
         "tokens per second");
  }

  void finish() {
    write_junit(folder_ / "junit.xml", records_);
    PageText text;
    text.subtitle = options_.suites.empty()
                        ? "all suites of the host"
                        : fmt::format("suite {}", fmt::join(options_.suites, ", "));
    text.command = command_line(session_, options_);
    text.left_out = left_out_;
    text.earlier = read_records(folder_ / "records.csv").records;
    text.find_changes = change_finder();
    text.covers = covered_devices(session_.registry());
    text.compiled = compiled_figures();
    const std::vector<Record> shown = latest_rows(records_);
    write_page(folder_ / "index.html", shown, text);
    write_whole_file(folder_ / "summary.md", markdown_summary(shown, text));
    const bool judged = std::any_of(records_.begin(), records_.end(), [](const Record& r) {
      return r.row == RowKind::check && is_kernel_row(r) &&
             role_of(r.variant) != VariantRole::reference && r.status == Status::passed;
    });
    if (!judged) session_.end_with(ExitCode::nothing_ran);
    if (run_folder_ && !leave_for_others(*run_folder_, text.command, records_)) {
      session_.end_with(ExitCode::incorrect);
    }
    fmt::print("records  {}\njunit    {}\nreport   {}\nsummary  {}\n",
               (folder_ / "records.csv").string(), (folder_ / "junit.xml").string(),
               (folder_ / "index.html").string(), (folder_ / "summary.md").string());
  }

  Session& session_;
  const ValidationSettings& options_;
  const GoldenRun& goldens_;
  fs::path folder_;
  std::string run_id_ = new_run_id();
  std::optional<RecordWriter> writer_;
  std::optional<RunFolder> run_folder_;
  std::vector<Record> records_;
  std::vector<std::string> left_out_;
};

}  // namespace

void run_validation(Session& session, const ValidationSettings& settings,
                    const GoldenRun& goldens) {
  Validation(session, settings, goldens).run();
}

}  // namespace kernelgate
