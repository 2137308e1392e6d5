// On which virtual devices, in which orders, a native variant is judged.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/kernel.hpp"
#include "harness/core/registry.hpp"
#include "harness/devices/profile.hpp"

namespace kernelgate {

/// Whether native variants of this backend run on a device of our own making.
constexpr bool is_virtual(Backend backend) {
  return backend == Backend::source || backend == Backend::ptx || backend == Backend::machine;
}

/// One run of a variant on one virtual device.
struct VirtualRun {
  const DeviceProfile* profile = nullptr;
  std::uint64_t schedule_seed = 0;
};

/// --device, --schedules, --schedule-seed, --unchecked.
struct VirtualRunOptions {
  std::vector<std::string> devices;  // profiles; none: all
  int schedules = 3;
  std::vector<std::uint64_t> schedule_seeds;  // exactly these; none: 0 .. schedules - 1
  SourceFlavour flavour = SourceFlavour::checked;

  void add_to(CLI::App& command);
  /// The runs that judge a variant on a case: of profiles on which it would launch the same, the
  /// first one, under every seed; of those that it refuses, each, once. Throws BadInput for an
  /// unknown profile.
  std::vector<VirtualRun> runs(const Variant& variant, const Case& shape) const;
};

/// A device of that profile whose launches follow that order. Throws BadInput where this build has
/// no such executor.
std::unique_ptr<NativeDevice> open_virtual_device(Backend backend, const DeviceProfile& profile,
                                                  std::uint64_t schedule_seed,
                                                  SourceFlavour flavour);

/// A virtual device in its backend's slot for as long as the object lives.
class OpenVirtualDevice {
 public:
  OpenVirtualDevice(const Registry& registry, Backend backend, const VirtualRun& run,
                    SourceFlavour flavour);
  ~OpenVirtualDevice();
  OpenVirtualDevice(const OpenVirtualDevice&) = delete;
  OpenVirtualDevice& operator=(const OpenVirtualDevice&) = delete;

 private:
  DeviceSlot& slot_;
  std::unique_ptr<NativeDevice> device_;
};

}  // namespace kernelgate
