// Tensors in the memory of the Kokkos execution space. On a host space the View is the tensor's own
// memory; on a device it is a copy made through a mirror, outside any timing.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <type_traits>

#include "harness/core/tensor.hpp"

namespace kernelgate {

/// The execution space of this build's Kokkos kernels.
using Space = Kokkos::DefaultExecutionSpace;
/// One-dimensional device memory; kernels index it with 64-bit offsets.
template <class T>
using DeviceView = Kokkos::View<T*, Space>;

/// A tensor's elements as T on the device. Copies share ownership of the View (reference counted).
template <class T>
class Staged {
 public:
  explicit Staged(Tensor& tensor)
      : host_(tensor.as<T>().data(), static_cast<std::size_t>(tensor.count())),
        device_(Kokkos::create_mirror_view_and_copy(typename Space::memory_space{}, host_)) {}

  DeviceView<T> view() const { return device_; }
  T* data() const { return device_.data(); }
  /// Copies device to host; does nothing if both are the same memory.
  void fetch() const { Kokkos::deep_copy(host_, device_); }

 private:
  Kokkos::View<T*, Kokkos::HostSpace, Kokkos::MemoryUnmanaged> host_;
  DeviceView<T> device_;
};

/// Calls f with a value of the C++ type that stores `type` (float, bf16 or f16).
template <class F>
decltype(auto) with_storage(Dtype type, F&& f) {
  switch (type) {
    case Dtype::bf16:
      return f(bf16{});
    case Dtype::f16:
      return f(f16{});
    default:
      return f(float{});
  }
}

}  // namespace kernelgate
