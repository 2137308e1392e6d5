// Registers a portable kernel: once with the shape of this build's execution space and, on a host,
// once with the device shape, so that the suites check the code that a device would run.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "harness/core/registry.hpp"
#include "kernels/common/kokkos/space_shape.hpp"

namespace kernelgate {

/// `prepare(shape, const C&, TensorSet&)` returns a Launch, `unsupported(shape, const C&)` a reason
/// or nothing; the type of `shape` is the shape to use. The variants are "kokkos" and, on a host,
/// "kokkos/device-shape", which is checked but timed only if it is named.
template <KernelCase C, class Prepare, class Unsupported>
void add_portable_variants(Registry& registry, const std::string& note, const Prepare& prepare,
                           const Unsupported& unsupported) {
  const auto add = [&]<class Shape>(const char* name, const std::string& text, bool timed) {
    registry.add_variant<C>(
        {name, Backend::kokkos, text, timed},
        [prepare](const C& c, TensorSet& tensors) -> std::unique_ptr<Launch> {
          return prepare(Shape(), c, tensors);
        },
        [unsupported](const C& c) -> std::optional<std::string> {
          return unsupported(Shape(), c);
        });
  };
  add.template operator()<SpaceShape>("kokkos", note, true);
  if constexpr (space_is_host) {
    add.template operator()<DeviceShape>(
        "kokkos/device-shape", "kokkos in the shape of a device: judged, timed only if named",
        false);
  }
}

template <KernelCase C, class Prepare>
void add_portable_variants(Registry& registry, const std::string& note, const Prepare& prepare) {
  add_portable_variants<C>(registry, note, prepare,
                           [](auto, const C&) { return std::optional<std::string>{}; });
}

}  // namespace kernelgate
