// The host side of a native kernel, written once for every device: which instances a case launches,
// and how. Registry::add_native() makes one variant per backend that has the instances.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/registry.hpp"
#include "harness/native/tensors.hpp"
#include "harness/native/use.hpp"

namespace kernelgate {

template <class C>
struct NativePlan {
  std::string name = "native";  // "native", "native/wmma"
  std::string note;             // one line for `list`
  Reproducible reproducible;    // tested over many schedules

  /// The launches for this case on such a device, in order. They depend only on the profile, so
  /// unsupported cases and distinct instances are known without a device. Empty: `refusal` gives
  /// the reason.
  std::function<std::vector<NativeUse>(const C&, const DeviceProfile&)> uses;
  /// Reasons beyond the requirements of the launches themselves; optional.
  std::function<std::optional<std::string>(const C&, const DeviceProfile&)> unsupported_reason = {};
  /// Stages the tensors and returns the launch; run() waits for the device.
  std::function<std::unique_ptr<Launch>(const C&, TensorSet&, NativeDevice&, const NativeEntrySet&)>
      prepare;
};

/// A launch with memory on a device: starts `run` between two marks of the device's clock, waits,
/// and fetches the tensors.
template <class Run>
std::unique_ptr<Launch> make_native_launch(NativeDevice& device,
                                           std::shared_ptr<NativeTensors> memory, Run run) {
  class OnDevice final : public Launch {
   public:
    OnDevice(NativeDevice& on, std::shared_ptr<NativeTensors> tensors, Run start)
        : device_(on), memory_(std::move(tensors)), run_(std::move(start)) {}
    void run() override {
      device_.start_clock();
      run_();
      seconds_ = device_.stop_clock();
      device_.finish();
    }
    void fetch() override { memory_->fetch(); }
    std::optional<double> device_seconds() const override { return seconds_; }

   private:
    NativeDevice& device_;
    std::shared_ptr<NativeTensors> memory_;
    Run run_;
    std::optional<double> seconds_;
  };
  return std::make_unique<OnDevice>(device, std::move(memory), std::move(run));
}

/// Message of a variant of this backend while no device is open for it.
std::string no_device_text(Backend backend);

template <class C>
void Registry::add_native(NativePlan<C> plan) {
  using Uses = std::vector<NativeUse>;
  const auto shared = std::make_shared<const NativePlan<C>>(std::move(plan));
  for (const Backend backend :
       {Backend::source, Backend::ptx, Backend::machine, Backend::cuda, Backend::hip}) {
    const NativeEntrySet checked(entries_of(C::kernel, backend, SourceBuildMode::checked));
    const NativeEntrySet plain(entries_of(C::kernel, backend, SourceBuildMode::plain));
    if (checked.all().empty()) continue;
    const auto refuse = [shared, checked](const Case& shape, const DeviceProfile& profile) {
      const C& c = typed<C>(shape);
      if (shared->unsupported_reason) {
        if (auto reason = shared->unsupported_reason(c, profile)) return reason;
      }
      const Uses uses = shared->uses(c, profile);
      return kernelgate::unsupported_reason(uses, checked, profile);
    };
    Variant variant{
        shared->name,
        backend,
        shared->note,
        [refuse, backend](const Case& shape,
                          const NativeDevice* device) -> std::optional<std::string> {
          if (device == nullptr) return no_device_text(backend);
          return refuse(shape, device->profile());
        },
        [shared, checked, plain](const Case& shape, TensorSet& tensors, NativeDevice* device) {
          const bool observed = device->build_mode() == SourceBuildMode::checked;
          return shared->prepare(typed<C>(shape), tensors, *device, observed ? checked : plain);
        },
        NativeSide{shared->reproducible, refuse,
                   [shared](const Case& shape, const DeviceProfile& profile) {
                     const Uses uses = shared->uses(typed<C>(shape), profile);
                     return describe(uses);
                   }}};
    add(C::kernel, std::move(variant));
  }
}

}  // namespace kernelgate
