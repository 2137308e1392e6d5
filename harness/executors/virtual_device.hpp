// Opens virtual devices by backend name.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "harness/core/registry.hpp"
#include "harness/devices/profile.hpp"
#include "harness/executors/launch_counters.hpp"
#include "harness/executors/step_limit.hpp"
#include "harness/native/device.hpp"

namespace kernelgate {

/// Whether native variants of this backend run on a virtual device.
constexpr bool is_virtual(Backend backend) {
  return backend == Backend::source || backend == Backend::ptx || backend == Backend::machine;
}

/// Options of an executor besides its device profile and schedule.
struct ExecutorOptions {
  SourceBuildMode build_mode = SourceBuildMode::checked;
  StepLimit step_limit = {};
  CountedWaves counted = {};
};

/// Opens a device of that profile whose launches follow the schedule of that seed: 0 is the natural
/// order of blocks, waves and lanes; 1 is a permuted order; from 2 on the order is permuted and
/// threads also yield inside an interval. The profile must outlive the device. Throws BadInput if
/// this build has no such executor.
std::unique_ptr<NativeDevice> open_virtual_device(Backend backend, const DeviceProfile& profile,
                                                  std::uint64_t schedule_seed,
                                                  const ExecutorOptions& options = {});

/// Memory counters of the device's launches so far; empty unless counting was enabled.
std::vector<LaunchCounters> launch_counters(const NativeDevice& device);

}  // namespace kernelgate
