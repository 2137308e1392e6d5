// kernelgate validate: everything of this host in one report. The main command for users.
#include <CLI/CLI.hpp>

#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/model/forward_goldens.hpp"
#include "harness/run/validation.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {

void add_validate_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<ValidationSettings>();
  CLI::App* command = app.add_subcommand(
      "validate", "The main job: check, model goldens and bench of this host, in one report");
  command->add_option(
      "--suite", options->suites,
      "Check and time these suites (default: check smoke and edge_shapes, time speed)");
  command->add_option("--output", options->output, "Folder of the report; records are appended");
  command->add_option("--seed", options->seed, "Seed of the inputs");
  command->add_option("--repetitions", options->repetitions, "Samples of each timed variant")
      ->check(CLI::Range(1, 1000));
  command->add_option("--time-limit", options->time_limit_seconds, "Seconds for one judgement")
      ->check(CLI::PositiveNumber);
  command->add_option(
      "--throughput", options->throughput,
      "Model whose tokens per second are timed, or none (default: s340, with --suite "
      "none)");
  command->add_flag("--vendor", options->vendor,
                    "Run the whole suite into one folder to hand in; a killed run resumes when it "
                    "is started again");
  command->footer(
      "Example: kernelgate validate --suite smoke --output report\n"
      "Example: kernelgate validate --vendor --output vendor-run");
  command->callback([&session, options] {
    run_validation(session, *options, [](const std::string& run_id, const auto& done) {
      run_forward_goldens(data_root(), run_id, done);
    });
  });
}

}  // namespace kernelgate
