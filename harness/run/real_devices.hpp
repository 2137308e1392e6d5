// GPUs of this machine, for the native variants of the backends cuda and hip.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/core/registry.hpp"
#include "harness/executors/gpu/gpu_device.hpp"

namespace kernelgate {

/// Opens a backend's device when a variant first needs it, in the process that runs the kernels,
/// because a vendor's runtime does not survive a fork. The device stays open for this object's
/// lifetime.
class RealDevices {
 public:
  /// Opens this variant's device if necessary. Returns the reason as text if it cannot be opened,
  /// nothing if it is open or the variant needs none.
  std::optional<std::string> missing_for(const Variant& variant);
  /// The variant's device if it is open; null for the host.
  NativeDevice* device_of(const Variant& variant) const;
  /// Name of the profile of the variant's device; empty for the host.
  std::string profile_of(const Variant& variant) const;

 private:
  struct Tried {
    std::unique_ptr<GpuDevice> device;
    std::string why_not;
  };

  std::map<Backend, Tried> tried_;
};

}  // namespace kernelgate
