#include "harness/executors/virtual_device.hpp"

#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/executors/source/source_device.hpp"

namespace kernelgate {

std::unique_ptr<NativeDevice> open_virtual_device(Backend backend, const DeviceProfile& profile,
                                                  std::uint64_t schedule_seed,
                                                  const ExecutorOptions& asked) {
  if (backend == Backend::source) {
    SourceOptions options;
    options.seed = schedule_seed;
    options.step_limit = asked.step_limit;
    options.counted = asked.counted;
    // Seed 0: natural order. Seed 1: permuted. From 2 on: permuted, with yields inside intervals.
    if (schedule_seed >= 2) options.yield_every = 50;
    if (asked.build_mode == SourceBuildMode::plain) options.checking = Checking::off;
    return std::make_unique<SourceDevice>(profile, options);
  }
  throw NoDevice(fmt::format("this build has no executor of backend {} for device {}",
                             name(backend), profile.name));
}

std::vector<LaunchCounters> launch_counters(const NativeDevice& device) {
  const auto* source = dynamic_cast<const SourceDevice*>(&device);
  return source ? source->counters() : std::vector<LaunchCounters>{};
}

}  // namespace kernelgate
