// The vendor runtime's operations for a device: memory, copies, launches, a clock. There is one
// implementation per vendor, and one in host memory for the tests. Every failure is a NativeFault
// with the call, the vendor's error symbol and its text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "harness/native/device.hpp"

namespace kernelgate {

class GpuRuntime {
 public:
  virtual ~GpuRuntime() = default;

  /// "NVIDIA H100 80GB HBM3, driver 13.0", for the records.
  virtual std::string description() const = 0;

  virtual std::byte* allocate(std::int64_t bytes) = 0;
  virtual void release(std::byte* memory) noexcept = 0;
  virtual void to_device(std::byte* to, const std::byte* from, std::int64_t bytes) = 0;
  virtual void to_host(std::byte* to, const std::byte* from, std::int64_t bytes) = 0;
  virtual void fill(std::byte* memory, unsigned char value, std::int64_t bytes) = 0;

  /// Starts the kernel after all earlier work. Shared memory above the default needs an earlier
  /// allow_shared().
  virtual void launch(const void* function, const LaunchShape& shape, void** arguments) = 0;
  /// Allows this kernel `bytes` bytes of dynamic shared memory.
  virtual void allow_shared(const void* function, std::int64_t bytes) = 0;
  virtual void wait() = 0;

  /// mark_start() marks the stream. seconds_since_mark() sets a second mark, waits for it, and
  /// returns the seconds between the two by the device's clock.
  virtual void mark_start() = 0;
  virtual double seconds_since_mark() = 0;

  /// Whether every later call would fail. Called after a call has failed.
  virtual bool lost() noexcept = 0;
};

}  // namespace kernelgate
