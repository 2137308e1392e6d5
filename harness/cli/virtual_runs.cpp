#include "harness/cli/virtual_runs.hpp"

#include <fmt/format.h>

#include <set>

#include "harness/core/error.hpp"

namespace kernelgate {

void VirtualRunOptions::add_to(CLI::App& command) {
  command.add_option("--device", devices,
                     "Run native variants on this virtual device, such as amd-gfx942; may repeat; "
                     "default: on all that differ for the kernel");
  command
      .add_option("--schedules", schedules,
                  "Orders of blocks, waves and lanes that a native variant runs under: the natural "
                  "one and seeded ones")
      ->check(CLI::Range(1, 1000000));
  command.add_option("--schedule-seed", schedule_seeds,
                     "Exactly this order, 0 for the natural one; may repeat");
  command.add_flag_callback(
      "--unchecked", [this] { flavour = SourceFlavour::plain; },
      "Run native variants unobserved: faster, and only their results are judged");
}

std::vector<VirtualRun> VirtualRunOptions::runs(const Variant& variant, const Case& shape) const {
  std::vector<const DeviceProfile*> profiles;
  for (const std::string& name : devices) profiles.push_back(&device_profile(name));
  if (devices.empty()) {
    for (const DeviceProfile& profile : device_profiles()) profiles.push_back(&profile);
  }
  std::vector<std::uint64_t> seeds = schedule_seeds;
  for (int s = 0; schedule_seeds.empty() && s < schedules; ++s) {
    seeds.push_back(static_cast<std::uint64_t>(s));
  }
  std::vector<VirtualRun> runs;
  std::set<std::string> known;
  for (const DeviceProfile* profile : profiles) {
    if (variant.native->refusal(shape, *profile)) {
      runs.push_back({profile, seeds.front()});
      continue;
    }
    if (!known.insert(variant.native->instance(shape, *profile)).second) continue;
    for (const std::uint64_t seed : seeds) runs.push_back({profile, seed});
  }
  return runs;
}

std::optional<std::string> too_large_for_executors(const Case& shape) {
  constexpr double most = 2e8, a_second = 1e7;  // docs/check.md
  const Traffic traffic = shape.traffic();
  const double work = static_cast<double>(traffic.flops) + 2 * static_cast<double>(traffic.bytes);
  if (work <= most) return std::nullopt;
  return fmt::format(
      "takes an executor about {:.0f} s a run, and a case of a suite gets {:.0f} s; --case runs it "
      "alone, --unchecked faster",
      work / a_second, most / a_second);
}

}  // namespace kernelgate
