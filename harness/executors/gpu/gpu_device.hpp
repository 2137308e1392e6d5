// A real GPU behind the device interface: the same checks for unsupported launches as on a virtual
// device, guard bytes on either side of every buffer, and the device's own clock. The vendor is
// hidden behind the runtime. Every call throws DeviceLost if the device is lost.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "harness/devices/profile.hpp"
#include "harness/executors/gpu/gpu_runtime.hpp"

namespace kernelgate {

class GpuDevice final : public NativeDevice {
 public:
  /// Bytes before and after each buffer that no kernel may change.
  static constexpr std::int64_t guard_bytes = 4096;

  /// The profile must outlive the device.
  GpuDevice(const DeviceProfile& profile, std::unique_ptr<GpuRuntime> runtime);
  ~GpuDevice() override;

  const DeviceProfile& profile() const override { return profile_; }
  std::string description() const { return runtime_->description(); }

  std::byte* allocate(std::int64_t bytes, std::string_view name) override;
  void release(std::byte* memory) override;
  void upload(std::byte* to, const std::byte* from, std::int64_t bytes) override;
  /// Throws NativeFault if a launch since the last download wrote outside a buffer.
  void download(std::byte* to, const std::byte* from, std::int64_t bytes) override;
  void launch(const NativeEntry& entry, const LaunchShape& shape, const void* const* arguments,
              int argument_count) override;
  void finish() override;
  void start_clock() override;
  std::optional<double> stop_clock() override;

 private:
  struct Buffer {
    std::string name;
    std::int64_t bytes = 0;
  };

  void check_guards();
  template <class Call>
  auto on_device(const Call& call);

  const DeviceProfile& profile_;
  std::unique_ptr<GpuRuntime> runtime_;
  std::map<std::byte*, Buffer> buffers_;
  std::map<const void*, std::int64_t> allowed_shared_;
  std::string launched_;  // kernels since the last check of the guards
};

}  // namespace kernelgate
