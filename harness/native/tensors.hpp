// A case's tensors in the memory of a device, for the lifetime of a launch.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/tensor.hpp"
#include "harness/native/device.hpp"

namespace kernelgate {

/// Copies inputs and states to the device. Outputs keep the device's garbage, so that unwritten
/// elements are detected. The device and the tensors must outlive it.
class NativeTensors {
 public:
  NativeTensors(NativeDevice& device, TensorSet& tensors);
  ~NativeTensors();
  NativeTensors(const NativeTensors&) = delete;
  NativeTensors& operator=(const NativeTensors&) = delete;

  /// Device address of a tensor. Throws std::logic_error with the name and those that exist.
  std::byte* operator[](std::string_view name) const;
  /// The same, or null if the case has no such tensor.
  std::byte* find(std::string_view name) const;
  /// Memory between two launches that belongs to no tensor; initially garbage.
  std::byte* scratch(std::int64_t bytes, std::string_view name);

  /// Copies every tensor back, including inputs, so that the judge detects a write to an input.
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
