#include "harness/cli/options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace kernelgate {
namespace {

constexpr CountedWaves counted_waves{.blocks = 4, .waves = 2};

}  // namespace

void add_options(CLI::App& command, SelectionOptions& options) {
  command.add_option("--suite", options.suites, "Suite by name or CSV file; may repeat");
  command.add_option("--case", options.cases,
                     "Case id such as linear/kokkos/tokens=7,out=64,in=64,bf16; without a variant: "
                     "all of them; may repeat");
  command.add_option("--kernel", options.kernels, "Only these kernels");
  command.add_option("--variant", options.variants, "Only these variants");
  command.add_option("--backend", options.backend, "Only variants of this backend")
      ->check(CLI::IsMember(std::vector<std::string>(backend_names.begin(), backend_names.end())));
}

void add_options(CLI::App& command, VirtualRunOptions& options) {
  command.add_option("--device", options.devices,
                     "Run native variants on this virtual device, such as amd-gfx942; may repeat; "
                     "default: on all that differ for the kernel");
  command
      .add_option("--schedules", options.schedules,
                  "Orders of blocks, waves and lanes that a native variant runs under: the natural "
                  "one and seeded ones")
      ->check(CLI::Range(1, 1000000));
  command
      .add_option("--determinism-schedules", options.determinism_claim_schedules,
                  "Orders under which bits that a native variant declares reproducible are "
                  "compared, on one case per variant and wave width; 0: as many as --schedules")
      ->check(CLI::Range(0, 1000000));
  command.add_option("--schedule-seed", options.schedule_seeds,
                     "Exactly this order, 0 for the natural one; may repeat");
  CLI::Option* unchecked = command.add_flag_callback(
      "--unchecked", [&options] { options.executor.build_mode = SourceBuildMode::plain; },
      "Run native variants without instrumentation: faster, but only their results are judged");
  command
      .add_flag_callback(
          "--counters", [&options] { options.executor.counted = counted_waves; },
          fmt::format(
              "Count bank conflicts and memory transactions of native variants, in {} waves "
              "of each of {} blocks of a launch; of passing runs",
              counted_waves.waves, counted_waves.blocks))
      ->excludes(unchecked);
  command.add_option(
      "--step-limit", options.executor.step_limit.steps,
      fmt::format(
          "Accesses, atomics, barriers and wave operations of one thread of a native kernel "
          "before it counts as an endless loop; of a block {} times as many; default {}, 0: "
          "no limit",
          StepLimit::block_factor, StepLimit::usual_steps));
  command
      .add_option("--silent-limit", options.executor.step_limit.silent_seconds,
                  fmt::format("Seconds of processor time that a native kernel may run without any "
                              "of these; default {:g}, 0: no limit",
                              StepLimit::usual_silent_seconds))
      ->check(CLI::Range(0.0, 1e6));
}

}  // namespace kernelgate
