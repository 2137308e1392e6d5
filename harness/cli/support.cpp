// kernelgate support: writes a page about which kernel runs on which device, from records of runs.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/core/output_file.hpp"
#include "harness/core/text_file.hpp"
#include "harness/records/record_reader.hpp"
#include "harness/run/session.hpp"
#include "harness/suites/suite.hpp"
#include "harness/support/coverage.hpp"
#include "harness/support/support_page.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

struct SupportArguments {
  std::vector<std::string> records, check;
  std::string resources, output, readme;
};

std::vector<Record> read_all(const std::vector<std::string>& files) {
  std::vector<Record> all;
  for (const std::string& file : files) {
    RecordFile read = read_records(file);
    if (read.torn) fmt::print(stderr, "{}\n", *read.torn);
    all.insert(all.end(), read.records.begin(), read.records.end());
  }
  return all;
}

/// The committed compiled metrics of every compiler, and the compilers' names.
struct Compiled {
  std::vector<ResourceRow> rows;
  std::vector<std::string> compilers;
};

Compiled read_compiled(const fs::path& folder) {
  Compiled compiled;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".csv") continue;
    const auto rows = read_baseline(entry.path());
    if (!rows) continue;
    compiled.rows.insert(compiled.rows.end(), rows->begin(), rows->end());
    compiled.compilers.push_back(entry.path().stem().string());
  }
  if (error) throw BadInput(fmt::format("--resources {}: {}", folder.string(), error.message()));
  std::sort(compiled.compilers.begin(), compiled.compilers.end());
  return compiled;
}

void write_pages(const Session& session, const SupportArguments& options) {
  const std::vector<Record> records = read_all(options.records);
  const Compiled compiled =
      read_compiled(options.resources.empty() ? data_root() / "results" / "resources"
                                              : fs::path(options.resources));
  const std::vector<SupportRow> table = support_table(session.registry(), records, compiled.rows);
  const std::string page = support_page(table, records, compiled.compilers);
  if (options.output.empty() && options.readme.empty()) fmt::print("{}", page);
  if (!options.output.empty()) {
    write_whole_file(options.output, page);
    fmt::print("wrote {}\n", options.output);
  }
  if (!options.readme.empty()) {
    const std::string coverage = coverage_table(session.registry(), table, records);
    write_whole_file(options.readme,
                     with_coverage(read_bytes(options.readme), coverage, options.readme));
    fmt::print("wrote the table of {}\n", options.readme);
  }
}

// Checks the table of backends of a page with the markers; any other page must be the support page.
ExitCode check_page(const Session& session, const std::string& file) {
  const std::string page = read_bytes(file);
  const bool has_coverage = page.find(coverage_begin) != std::string::npos;
  const std::vector<std::string> faults = has_coverage
                                              ? coverage_faults(session.registry(), page, file)
                                              : support_page_faults(session.registry(), page);
  for (const std::string& fault : faults) fmt::print("{}: {}\n", file, fault);
  fmt::print("{}: {}\n", file,
             faults.empty() ? "has every variant and device of this build"
                            : "does not match this build; the option --records rewrites it");
  return faults.empty() ? ExitCode::clean : ExitCode::incorrect;
}

void run_support(Session& session, const SupportArguments& options) {
  if (options.records.empty() == options.check.empty()) {
    throw BadInput("support: expected --records FILE of runs, or --check PAGE, and not both");
  }
  for (const std::string& file : options.check) session.end_with(check_page(session, file));
  if (!options.records.empty()) write_pages(session, options);
}

}  // namespace

void add_support_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<SupportArguments>();
  CLI::App* command =
      app.add_subcommand("support", "Which kernel runs on which device, as a page from records");
  command->add_option("--records", options->records,
                      "Records of check, such as --backend source writes them; may repeat");
  command->add_option("--resources", options->resources,
                      "Folder of compiled metrics (results/resources)");
  command->add_option("--output", options->output, "Write the page here (default: print it)");
  command->add_option("--readme", options->readme,
                      "Write the table of backends between the markers of this page");
  command->add_option("--check", options->check,
                      "Compare such a page with the variants and devices of this build");
  command->footer(
      "Example: kernelgate support --records runs.csv --output docs/support.md --readme README.md");
  command->callback([&session, options] { run_support(session, *options); });
}

}  // namespace kernelgate
