// The GPUs of this machine for the native variants of the backends cuda and hip.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/core/registry.hpp"
#include "harness/executors/gpu/gpu_device.hpp"

namespace kernelgate {

/// Opens a backend's device when a variant first needs it, in the process that runs the kernels: a
/// vendor's runtime does not survive a fork. It stays in its slot for as long as the object lives.
class RealDevices {
 public:
  explicit RealDevices(const Registry& registry) : registry_(registry) {}
  ~RealDevices();
  RealDevices(const RealDevices&) = delete;
  RealDevices& operator=(const RealDevices&) = delete;

  /// Why this variant's device is not open, in words; nothing when it is, or when it needs none.
  std::optional<std::string> missing_for(const Variant& variant);
  /// Profile of the device that the variant runs on; empty for the host's own.
  std::string profile_of(const Variant& variant) const;

 private:
  struct Tried {
    std::unique_ptr<GpuDevice> device;
    std::string why_not;
  };

  const Registry& registry_;
  std::map<Backend, Tried> tried_;
};

}  // namespace kernelgate
