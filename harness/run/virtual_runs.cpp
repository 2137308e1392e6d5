#include "harness/run/virtual_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/core/error.hpp"

namespace kernelgate {

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
      "takes an executor about {:.0f} s per run, and a case of a suite gets {:.0f} s; --case runs "
      "it "
      "alone, --unchecked faster",
      work / a_second, most / a_second);
}

}  // namespace kernelgate
