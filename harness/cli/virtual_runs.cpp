#include "harness/cli/virtual_runs.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <set>

#include "harness/core/error.hpp"

namespace kernelgate {

namespace {

constexpr CountedWaves counted_waves{.blocks = 4, .waves = 2};

}  // namespace

void VirtualRunOptions::add_to(CLI::App& command) {
  command.add_option("--device", devices,
                     "Run native variants on this virtual device, such as amd-gfx942; may repeat; "
                     "default: on all that differ for the kernel");
  command
      .add_option("--schedules", schedules,
                  "Orders of blocks, waves and lanes that a native variant runs under: the natural "
                  "one and seeded ones")
      ->check(CLI::Range(1, 1000000));
  command
      .add_option("--claim-schedules", determinism_claim_schedules,
                  "Orders under which bits that a native variant declares reproducible are "
                  "compared, on one case a variant and wave width; 0: as many as --schedules")
      ->check(CLI::Range(0, 1000000));
  command.add_option("--schedule-seed", schedule_seeds,
                     "Exactly this order, 0 for the natural one; may repeat");
  CLI::Option* unchecked = command.add_flag_callback(
      "--unchecked", [this] { executor.build_mode = SourceBuildMode::plain; },
      "Run native variants unobserved: faster, and only their results are judged");
  command
      .add_flag_callback(
          "--counters", [this] { executor.counted = counted_waves; },
          fmt::format(
              "Count bank conflicts and memory transactions of native variants, in {} waves "
              "of each of {} blocks of a launch; of passing runs",
              counted_waves.waves, counted_waves.blocks))
      ->excludes(unchecked);
  command.add_option(
      "--step-limit", executor.step_limit.steps,
      fmt::format(
          "Accesses, atomics, barriers and wave operations of one thread of a native kernel "
          "before it is taken to loop for ever, of a block {} times as many; default {}, 0: "
          "no limit",
          StepLimit::block_factor, StepLimit::usual_steps));
  command
      .add_option(
          "--silent-limit", executor.step_limit.silent_seconds,
          fmt::format("Seconds of processor time that a native kernel may go on without any "
                      "of these; default {:g}, 0: no limit",
                      StepLimit::usual_silent_seconds))
      ->check(CLI::Range(0.0, 1e6));
}

std::vector<std::string> VirtualRunOptions::words() const {
  const StepLimit usual;
  const StepLimit& step_limit = executor.step_limit;
  std::vector<std::string> list;
  if (executor.build_mode == SourceBuildMode::plain) list.emplace_back("--unchecked");
  if (step_limit.steps != usual.steps) {
    list.insert(list.end(), {"--step-limit", std::to_string(step_limit.steps)});
  }
  if (step_limit.silent_seconds != usual.silent_seconds) {
    list.insert(list.end(), {"--silent-limit", fmt::format("{}", step_limit.silent_seconds)});
  }
  return list;
}

std::vector<const DeviceProfile*> VirtualRunOptions::profiles() const {
  std::vector<const DeviceProfile*> chosen;
  chosen.reserve(devices.size());
  for (const std::string& name : devices) chosen.push_back(&device_profile(name));
  if (devices.empty()) {
    for (const DeviceProfile& profile : device_profiles()) chosen.push_back(&profile);
  }
  return chosen;
}

std::vector<VirtualRun> VirtualRunOptions::runs(
    const Variant& variant, const Case& shape,
    std::span<const DeviceProfile* const> determinism_claims) const {
  std::vector<std::uint64_t> seeds = schedule_seeds, determinism_claim_seeds = schedule_seeds;
  for (int s = 0; schedule_seeds.empty() && s < std::max(schedules, determinism_claim_schedules);
       ++s) {
    if (s < schedules) seeds.push_back(static_cast<std::uint64_t>(s));
    determinism_claim_seeds.push_back(static_cast<std::uint64_t>(s));
  }
  std::vector<VirtualRun> runs;
  std::set<std::string> known;
  for (const DeviceProfile* profile : profiles()) {
    if (auto unsupported_reason = variant.native->unsupported_reason(shape, *profile)) {
      runs.push_back({profile, seeds.front(), std::move(unsupported_reason)});
      continue;
    }
    if (!known.insert(variant.native->instance(shape, *profile)).second) continue;
    const bool claimed = std::find(determinism_claims.begin(), determinism_claims.end(), profile) !=
                         determinism_claims.end();
    for (const std::uint64_t seed : claimed ? determinism_claim_seeds : seeds)
      runs.push_back({profile, seed});
  }
  return runs;
}

double executor_work(const Case& shape) {
  const Traffic traffic = shape.traffic();
  return static_cast<double>(traffic.flops) + 2 * static_cast<double>(traffic.bytes);
}

std::optional<std::string> too_large_for_executors(const Case& shape) {
  constexpr double most = 2e8, a_second = 1e7;  // docs/check.md
  const double work = executor_work(shape);
  if (work <= most) return std::nullopt;
  return fmt::format(
      "takes an executor about {:.0f} s a run, and a case of a suite gets {:.0f} s; --case runs it "
      "alone, --unchecked faster",
      work / a_second, most / a_second);
}

}  // namespace kernelgate
