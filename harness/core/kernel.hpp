// Kernels, cases and variants in the harness: by name, without templates. A kernel's folder defines
// a case type C and free-standing variants; add_kernel<C>() and add_variant<C>() in registry.hpp
// wrap them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/backend.hpp"
#include "harness/core/fill.hpp"
#include "harness/core/reference_values.hpp"
#include "harness/core/tensor.hpp"

namespace kernelgate {

/// Minimum memory traffic (every input read once, every output written once) and operations (2 for
/// a multiply-add) of one run of a case. The kernel pages in docs/ define what is counted.
struct Traffic {
  std::int64_t bytes = 0;
  std::int64_t flops = 0;
};

/// One shape of one kernel.
class Case {
 public:
  virtual ~Case() = default;
  virtual std::string kernel() const = 0;
  virtual std::string axes() const = 0;  // "tokens=7,out=2048,in=2048,bf16"
  virtual Traffic traffic() const = 0;
  virtual std::vector<TensorSpec> tensors() const = 0;
  /// Writes inputs and states. Outputs are poisoned by the harness.
  virtual void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const = 0;
  /// The reference for these inputs; called with the tensors as they were before the run.
  virtual ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                           std::uint64_t seed) const = 0;
  /// The reason why this case has no exact inputs; nothing if it has them.
  virtual std::optional<std::string> exact_not_applicable() const = 0;

  /// "linear/tokens=7,out=2048,in=2048,bf16"
  std::string id() const { return kernel() + "/" + axes(); }
};

/// A variant bound to the tensors of one case. run() may be repeated and returns when the work is
/// done. fetch() copies results back into the tensors if the device has its own memory.
class Launch {
 public:
  virtual ~Launch() = default;
  virtual void run() = 0;
  virtual void fetch() {}
  /// Restores process state that run() may have changed (OpenMP settings, locales, signal
  /// handlers). The caller of run() calls it before another launch runs; it is not timed.
  virtual void restore_process() {}
  /// Seconds of the last run() by the device's own clock, if it has one.
  virtual std::optional<double> device_seconds() const { return std::nullopt; }
};

class NativeDevice;    // harness/native/device.hpp
struct DeviceProfile;  // harness/devices/profile.hpp

/// Whether a variant gives the same bits under every schedule of its blocks, waves and lanes.
struct Reproducible {
  bool bits = true;
  std::string why;  // "sums in a fixed order", "float atomics add in any order"
};

/// Properties of a native variant on a device that is not open; they depend only on its profile.
struct NativeSide {
  Reproducible reproducible;
  /// The reason why such a device cannot run this case; nothing if it can.
  std::function<std::optional<std::string>(const Case&, const DeviceProfile&)> unsupported_reason;
  /// The launches on such a device, as text. Where the text is equal for two devices, a run on one
  /// covers the other.
  std::function<std::string(const Case&, const DeviceProfile&)> instance;
};

/// One implementation of a kernel. Native variants run on the device that a caller passes; variants
/// of this host ignore it.
struct Variant {
  std::string name;  // "kokkos", "kokkos/cpu", "baseline/onednn"
  Backend backend = Backend::kokkos;
  std::string note;  // one line for `list`
  /// The reason, with numbers, why it cannot run this case here; nothing if it can. A native
  /// variant supports nothing without a device.
  std::function<std::optional<std::string>(const Case&, const NativeDevice*)> unsupported_reason;
  /// The device must outlive the launch; it is not null for a native variant.
  std::function<std::unique_ptr<Launch>(const Case&, TensorSet&, NativeDevice*)> prepare;
  std::optional<NativeSide> native = {};  // for variants that run on a NativeDevice
  bool timed = true;                      // false: timed only when named explicitly
};

/// A variant and the open device that it runs on; null: this host.
struct VariantOnDevice {
  const Variant* variant = nullptr;
  NativeDevice* device = nullptr;
};

/// One operation of the model with a definition.
struct Kernel {
  std::string name;
  std::string formula;  // one line, in the symbols of the specification
  std::function<std::unique_ptr<Case>(std::string_view axes)> parse;
  std::vector<Variant> variants;

  /// The first variant of that name. Native variants of several backends share a name.
  const Variant* find_variant(std::string_view variant) const;
};

}  // namespace kernelgate
