// A case's tensors in the memory of a device, for the life of a launch.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/tensor.hpp"
#include "harness/native/device.hpp"

namespace kernelgate {

/// Copies inputs and states up; outputs keep the device's garbage, so that what is never written
/// shows. The device and the tensors must outlive it.
class NativeTensors {
 public:
  NativeTensors(NativeDevice& device, TensorSet& tensors);
  ~NativeTensors();
  NativeTensors(const NativeTensors&) = delete;
  NativeTensors& operator=(const NativeTensors&) = delete;

  /// Device address of a tensor. Throws std::logic_error naming it and those that exist.
  std::byte* operator[](std::string_view name) const;
  /// The same, or null where the case has no such tensor.
  std::byte* find(std::string_view name) const;
  /// Memory between two launches that no tensor holds; garbage at first.
  std::byte* scratch(std::int64_t bytes, std::string_view name);

  /// Brings every tensor back: inputs too, so that the judge sees a kernel that wrote to one.
  void fetch() const;

 private:
  struct Place {
    Tensor* tensor;
    std::byte* memory;
  };

  void release() noexcept;

  NativeDevice& device_;
  std::vector<Place> places_;
  std::vector<std::byte*> scratch_;
};

}  // namespace kernelgate
