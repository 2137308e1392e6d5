// The executors by their backend's name: devices of our own making.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "harness/core/registry.hpp"
#include "harness/devices/profile.hpp"
#include "harness/executors/launch_counters.hpp"
#include "harness/executors/patience.hpp"
#include "harness/native/device.hpp"

namespace kernelgate {

/// Whether native variants of this backend run on a virtual device.
constexpr bool is_virtual(Backend backend) {
  return backend == Backend::source || backend == Backend::ptx || backend == Backend::machine;
}

/// What an executor is asked for beside a device and an order.
struct ExecutorOptions {
  SourceFlavour flavour = SourceFlavour::checked;
  Patience patience = {};
  CountedWaves counted = {};
};

/// A device of that profile whose launches follow the order of that seed: 0 the natural order of
/// blocks, waves and lanes, 1 a permuted one, 2 and more permuted ones in which threads also give
/// way to others in mid-interval. The profile must outlive it. Throws BadInput where this build has
/// no such executor.
std::unique_ptr<NativeDevice> open_virtual_device(Backend backend, const DeviceProfile& profile,
                                                  std::uint64_t schedule_seed,
                                                  const ExecutorOptions& options = {});

/// A virtual device in its backend's slot for as long as the object lives.
class OpenVirtualDevice {
 public:
  OpenVirtualDevice(const Registry& registry, Backend backend, const DeviceProfile& profile,
                    std::uint64_t schedule_seed, const ExecutorOptions& options = {});
  ~OpenVirtualDevice();
  OpenVirtualDevice(const OpenVirtualDevice&) = delete;
  OpenVirtualDevice& operator=(const OpenVirtualDevice&) = delete;

  /// What the launches so far asked of memory, where it was asked to count.
  std::vector<LaunchCounters> counters() const;

 private:
  DeviceSlot& slot_;
  std::unique_ptr<NativeDevice> device_;
};

/// Runs the variant under so many schedules and compares every output's bits with those of the
/// natural order. Returns what differs, "y under schedule 3 on amd-gfx942"; nothing when all agree.
std::optional<std::string> differing_bits(const Registry& registry, const Variant& variant,
                                          const Case& shape, DataMode mode,
                                          const DeviceProfile& profile, int schedules);

}  // namespace kernelgate
