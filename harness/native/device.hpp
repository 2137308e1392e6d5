// Interface of a device that runs native kernels, virtual or real. The harness and the kernels'
// host sides work with either.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "harness/core/error.hpp"
#include "harness/core/native_entry.hpp"

namespace kernelgate {

struct DeviceProfile;  // harness/devices/profile.hpp

/// Blocks of the grid by axis, threads per block, dynamic shared memory per block.
struct LaunchShape {
  std::uint32_t grid[3] = {1, 1, 1};
  std::uint32_t threads = 1;
  std::int64_t shared_bytes = 0;
};

class NativeDevice {
 public:
  virtual ~NativeDevice() = default;
  NativeDevice() = default;
  NativeDevice(const NativeDevice&) = delete;
  NativeDevice& operator=(const NativeDevice&) = delete;

  virtual const DeviceProfile& profile() const = 0;
  /// The build of kernel units whose entries run on this device. All devices but the source
  /// executor have only one.
  virtual SourceBuildMode build_mode() const { return SourceBuildMode::checked; }

  /// Allocates device memory at a 256-byte boundary. It contains garbage that is a NaN in every
  /// floating type, never data of an earlier run. `name` appears in diagnostics. Throws BadInput if
  /// the device has no memory left. An allocation of 0 bytes is valid.
  virtual std::byte* allocate(std::int64_t bytes, std::string_view name) = 0;
  virtual void release(std::byte* memory) = 0;
  virtual void upload(std::byte* to, const std::byte* from, std::int64_t bytes) = 0;
  virtual void download(std::byte* to, const std::byte* from, std::int64_t bytes) = 0;

  /// Starts a kernel after all earlier launches. `arguments` points to each argument in the order
  /// and with the exact types of the kernel's parameters. Throws NativeFault.
  virtual void launch(const NativeEntry& entry, const LaunchShape& shape,
                      const void* const* arguments, int argument_count) = 0;
  /// Waits for every launch. Throws NativeFault for faults detected only then.
  virtual void finish() = 0;

  /// Real devices: the seconds between the two calls by the device's own clock. Virtual devices
  /// return nothing, since a time on an executor is not a measurement.
  virtual void start_clock() {}
  virtual std::optional<double> stop_clock() { return std::nullopt; }
};

/// Types of kernel arguments: their size and layout are equal on host and device.
template <class T>
concept KernelArgument = std::is_pointer_v<T> || std::is_same_v<T, std::uint32_t> ||
    std::is_same_v<T, std::uint64_t> || std::is_same_v<T, std::int32_t> ||
    std::is_same_v<T, float> ||(std::is_class_v<T>&& std::is_trivially_copyable_v<T>);

/// Launches with arguments of exactly the kernel's parameter types. They are not converted, since
/// the device receives only the address of each argument.
template <KernelArgument... Args>
void launch_kernel(NativeDevice& device, const NativeEntry& entry, const LaunchShape& shape,
                   const Args&... args) {
  const std::array<const void*, sizeof...(Args)> arguments{static_cast<const void*>(&args)...};
  device.launch(entry, shape, arguments.data(), static_cast<int>(sizeof...(Args)));
}

}  // namespace kernelgate
