#include "harness/run/determinism_claim_cases.hpp"

#include <set>

namespace kernelgate {
namespace {

constexpr double enough_work = 1e6;  // 0.1 s on the source executor (docs/check.md)

// More work is better up to enough_work; above that, less is better.
bool better(double work, double than) {
  if (than <= enough_work) return work <= enough_work && work > than;
  return work < than;
}

}  // namespace

bool is_named(const SuiteCase& suite_case) { return suite_case.origin.starts_with("--case"); }

DeterminismClaimCases::DeterminismClaimCases(const std::vector<SuiteCase>& cases,
                                             const VirtualRunOptions& options) {
  if (!options.schedule_seeds.empty()) return;
  for (const SuiteCase& c : cases) {
    if (is_named(c) || too_large_for_executors(*c.shape)) continue;
    for (const Variant* variant : c.variants) {
      if (!variant->native || !is_virtual(variant->backend)) continue;
      if (!variant->native->reproducible.bits) continue;
      std::set<std::int64_t> waves;
      for (const DeviceProfile* profile : options.profiles()) {
        if (waves.contains(profile->wave) ||
            variant->native->unsupported_reason(*c.shape, *profile))
          continue;
        waves.insert(profile->wave);
        offer(*variant, {c.shape.get(), profile, executor_work(*c.shape)});
      }
    }
  }
}

void DeterminismClaimCases::offer(const Variant& variant, const Choice& choice) {
  const auto [at, first] = chosen_.try_emplace({&variant, choice.profile->wave}, choice);
  if (!first && better(choice.work, at->second.work)) at->second = choice;
}

std::vector<const DeviceProfile*> DeterminismClaimCases::profiles(const Variant& variant,
                                                                  const Case& shape) const {
  std::vector<const DeviceProfile*> profiles;
  for (const std::int64_t wave : {32, 64}) {
    const auto at = chosen_.find({&variant, wave});
    if (at != chosen_.end() && at->second.shape == &shape) profiles.push_back(at->second.profile);
  }
  return profiles;
}

}  // namespace kernelgate
