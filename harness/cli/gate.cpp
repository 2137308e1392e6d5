// kernelgate gate: decides whether a change may pass for one architecture.
#include <CLI/CLI.hpp>

#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/gate/gate_run.hpp"

namespace kernelgate {

void add_gate_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<GateSettings>();
  CLI::App* command = app.add_subcommand(
      "gate", "One exit code for one architecture: correctness, executors, resources, KV, timing");
  command->add_option("--arch", options->arch, "cpu, or a GPU's: gfx1100, gfx942, sm_90 …")
      ->required();
  command->add_option("--suite", options->suites, "Suites to judge (default: smoke)");
  command->add_option("--seed", options->seed, "Seed of the inputs");
  command->add_flag("--strict", options->strict,
                    "A comparison with the verdict cannot_tell closes the gate");
  command->add_flag("--require-device", options->require_device,
                    "Exit code 6 where this machine has no GPU of that vendor");
  command->add_option("--baseline", options->baseline,
                      "Build or commit that this build is timed against, in this job");
  command->add_option("--known-failures", options->known,
                      "List of failures that are expected (suites/known_failures.csv)");
  command->add_option("--output", options->output,
                      "Folder of logs, records and summary (default: gate-<arch>)");
  command->add_option("--junit", options->junit, "Write a JUnit file");
  command->footer("Example: kernelgate gate --arch gfx1100 --junit gate.xml");
  command->callback([&session, options] { run_gate(session, *options); });
}

}  // namespace kernelgate
