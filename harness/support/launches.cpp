#include "harness/support/launches.hpp"

#include <map>
#include <memory>
#include <tuple>

#include "harness/core/error.hpp"
#include "harness/devices/profile.hpp"

namespace kernelgate {
namespace {

/// Empty if this build has no such native variant or case.
std::vector<Launchable> launches_of(const Registry& registry, const Record& row) {
  try {
    const Kernel& kernel = registry.find(row.kernel);
    const Variant* variant = kernel.find_variant(row.variant);
    if (variant == nullptr || !variant->native) return {};
    return launches(*variant, *kernel.parse(row.axes));
  } catch (const BadInput&) {
    return {};
  }
}

std::vector<std::string> same_launch(const std::vector<Launchable>& all,
                                     const std::string& device) {
  const auto& profiles = device_profiles();
  const DeviceProfile* own = find_device_profile(device);
  if (all.empty() || own == nullptr) return {};
  const Launchable& run = all[device_index(*own)];
  if (run.unsupported_reason) return {};
  std::vector<std::string> devices;
  for (std::size_t on = 0; on < all.size(); ++on) {
    const bool same = !all[on].unsupported_reason && all[on].instance == run.instance;
    if (same && profiles[on].name != device) devices.push_back(profiles[on].name);
  }
  return devices;
}

}  // namespace

bool on_executor(const Record& row) {
  return row.backend == Backend::source || row.backend == Backend::ptx ||
         row.backend == Backend::machine;
}

std::vector<Launchable> launches(const Variant& variant, const Case& shape) {
  std::vector<Launchable> answers;
  for (const DeviceProfile& profile : device_profiles()) {
    Launchable answer{variant.native->unsupported_reason(shape, profile), ""};
    if (!answer.unsupported_reason) answer.instance = variant.native->instance(shape, profile);
    answers.push_back(std::move(answer));
  }
  return answers;
}

CoveredDevices covered_devices(const Registry& registry) {
  using Key = std::tuple<std::string, std::string, std::string>;  // kernel, variant, axes
  auto known = std::make_shared<std::map<Key, std::vector<Launchable>>>();
  return [&registry, known](const Record& row) -> std::vector<std::string> {
    if (!on_executor(row) || row.device.empty() || row.status == Status::unsupported) return {};
    const Key key{row.kernel, row.variant, row.axes};
    auto at = known->find(key);
    if (at == known->end()) at = known->emplace(key, launches_of(registry, row)).first;
    return same_launch(at->second, row.device);
  };
}

}  // namespace kernelgate
