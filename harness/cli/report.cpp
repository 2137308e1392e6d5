// kernelgate report: writes the page, the Markdown summary and the tables of docs/performance.md
// from records alone, and checks whether an existing page agrees with its records.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/core/output_file.hpp"
#include "harness/core/shell.hpp"
#include "harness/report/markdown_summary.hpp"
#include "harness/report/page_check.hpp"
#include "harness/report/performance.hpp"
#include "harness/run/report_inputs.hpp"
#include "harness/run/session.hpp"
#include "harness/support/launches.hpp"

namespace kernelgate {
namespace {

struct ReportArguments {
  std::vector<std::string> records, runs;
  std::string output, markdown, performance, check, resources;
  std::string title = "kernelgate", subtitle;
};

/// The latest row of each check and timing of the chosen runs, and all rows, for the history.
struct Rows {
  std::vector<Record> shown, earlier;
};

Rows choose(std::vector<Record> all, const std::vector<std::string>& runs) {
  const auto wanted = [&](const Record& r) {
    return runs.empty() || std::find(runs.begin(), runs.end(), r.run_id) != runs.end();
  };
  for (const std::string& run : runs) {
    if (std::none_of(all.begin(), all.end(), [&](const Record& r) { return r.run_id == run; })) {
      throw BadInput(fmt::format("run '{}': these records have no row of it", run));
    }
  }
  std::vector<Record> chosen;
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), wanted);
  return {latest_rows(chosen), std::move(all)};
}

std::string command_of(const ReportArguments& options) {
  std::vector<std::string> words{"kernelgate", "report"};
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {option, value});
  };
  for (const std::string& name : options.records) add("--records", name);
  for (const std::string& run : options.runs) add("--run", run);
  add("--resources", options.resources);
  if (options.title != ReportArguments().title) add("--title", options.title);
  add("--subtitle", options.subtitle);
  add("--output", options.output);
  add("--markdown", options.markdown);
  return shell_line(words);
}

std::string read_page(const std::string& option, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw BadInput(fmt::format("{} {}: cannot be read", option, file));
  return {std::istreambuf_iterator<char>(in), {}};
}

// Writes the tables between the page's markers. A new page gets a title and the markers.
void write_performance(const std::vector<Record>& rows, const ReportArguments& options) {
  const std::string& file = options.performance;
  const std::string page = std::filesystem::exists(file)
                               ? read_page("--performance", file)
                               : fmt::format("# {}\n\n{}\n{}\n", options.title,
                                             performance_markers.begin, performance_markers.end);
  write_whole_file(file,
                   markdown::with_part(page, performance_markers, performance_tables(rows), file));
  fmt::print("tables   {}\n", file);
}

void write_reports(Session& session, const ReportArguments& options) {
  Rows rows = choose(read_record_files(options.records), options.runs);
  if (rows.shown.empty()) {
    fmt::print("these records have no row\n");
    session.end_with(ExitCode::nothing_ran);
  }
  if (!options.performance.empty()) write_performance(rows.shown, options);
  if (options.output.empty() && options.markdown.empty()) return;
  PageText text;
  text.title = options.title;
  text.subtitle = options.subtitle.empty() ? fmt::format("{} rows of {}", rows.shown.size(),
                                                         fmt::join(options.records, ", "))
                                           : options.subtitle;
  text.command = command_of(options);
  text.earlier = std::move(rows.earlier);
  text.find_changes = change_finder();
  text.covers = covered_devices(session.registry());
  text.compiled = compiled_figures(options.resources);
  if (!options.output.empty()) {
    write_page(options.output, rows.shown, text);
    fmt::print("report   {}\n", options.output);
  }
  if (!options.markdown.empty()) {
    write_whole_file(options.markdown, markdown_summary(rows.shown, text));
    fmt::print("summary  {}\n", options.markdown);
  }
}

void check_performance(Session& session, const ReportArguments& options, const std::string& page) {
  const Rows rows = choose(read_record_files(options.records), options.runs);
  const auto fault = performance_fault(page, performance_tables(rows.shown), options.check);
  if (fault) {
    fmt::print(
        "{}\n{}: its tables differ from those of these records; --performance rewrites them\n",
        *fault, options.check);
    return session.end_with(ExitCode::incorrect);
  }
  fmt::print("{}: has the tables of these records\n", options.check);
}

// Checks the tables of a page with the markers; any other page must be the HTML page.
void check_page(Session& session, const ReportArguments& options) {
  const std::string page = read_page("--check", options.check);
  if (page.find(performance_markers.begin) != std::string::npos) {
    return check_performance(session, options, page);
  }
  const StatedPage stated = stated_page(page, options.check);
  Rows rows = choose(read_record_files(options.records), stated.runs);
  PageText text;
  text.earlier = std::move(rows.earlier);
  text.find_changes = change_finder();
  text.covers = covered_devices(session.registry());
  text.compiled = compiled_figures(options.resources);
  const std::vector<std::string> faults =
      page_faults(page, rows.shown, std::move(text), options.check);
  for (const std::string& fault : faults) fmt::print("{}\n", fault);
  fmt::print("{}: {}\n", options.check,
             faults.empty() ? fmt::format("shows the {} rows of its records", rows.shown.size())
                            : "is not the page of these records");
  if (!faults.empty()) session.end_with(ExitCode::incorrect);
}

void run_report(Session& session, const ReportArguments& options) {
  if (options.records.empty()) throw BadInput("report: expected --records with a file or folder");
  if (options.output.empty() && options.markdown.empty() && options.performance.empty() &&
      options.check.empty()) {
    throw BadInput(
        "report: expected --output PAGE, --markdown FILE, --performance FILE or --check PAGE");
  }
  if (!options.check.empty()) return check_page(session, options);
  write_reports(session, options);
}

}  // namespace

void add_report_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<ReportArguments>();
  CLI::App* command = app.add_subcommand(
      "report",
      "Writes the page and the Markdown summary from records, and compares a page with them");
  command->add_option("--records", options->records,
                      "Records file, or folder with such files; may repeat");
  command->add_option("--output", options->output, "Write the page here: one HTML file");
  command->add_option("--markdown", options->markdown, "Write a summary for a pull request here");
  command->add_option("--performance", options->performance,
                      "Write the tables of portable, tuned and vendor code between the markers of "
                      "this page (docs/performance.md), or into a new page");
  command->add_option(
      "--run", options->runs,
      "Show only the rows of this run (column run_id); may repeat. Other runs enter the history");
  command->add_option("--title", options->title, "Headline of page and summary");
  command->add_option("--subtitle", options->subtitle, "Line below it");
  command->add_option("--resources", options->resources,
                      "Folder of compiled metrics (results/resources)");
  command->add_option("--check", options->check,
                      "Compare this page (HTML, or with the markers of --performance) with the "
                      "records; exit code 1 if a number differs");
  command->footer(
      "Example: kernelgate report --records report --output report/index.html --markdown "
      "report/summary.md");
  command->callback([&session, options] { run_report(session, *options); });
}

}  // namespace kernelgate
