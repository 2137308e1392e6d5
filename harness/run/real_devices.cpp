#include "harness/run/real_devices.hpp"

#include "harness/core/error.hpp"
#include "harness/core/own_state.hpp"
#include "harness/executors/gpu/open_gpu.hpp"

namespace kernelgate {
namespace {

bool needs_gpu(const Variant& variant) {
  return variant.backend == Backend::cuda || variant.backend == Backend::hip;
}

}  // namespace

std::optional<std::string> RealDevices::missing_for(const Variant& variant) {
  if (!needs_gpu(variant)) return std::nullopt;
  const auto [at, first] = tried_.try_emplace(variant.backend);
  Tried& tried = at->second;
  if (first) {
    const OwnState own;
    const Guest guest(own);  // a vendor's runtime starts here
    try {
      tried.device = variant.backend == Backend::cuda ? open_cuda() : open_hip();
    } catch (const Error& reason) {
      tried.why_not = reason.what();
    } catch (const NativeFault& fault) {
      tried.why_not = fault.what();
    }
  }
  if (tried.device) return std::nullopt;
  return tried.why_not;
}

NativeDevice* RealDevices::device_of(const Variant& variant) const {
  const auto at = tried_.find(variant.backend);
  return at == tried_.end() ? nullptr : at->second.device.get();
}

std::string RealDevices::profile_of(const Variant& variant) const {
  const NativeDevice* device = device_of(variant);
  return device == nullptr ? std::string() : device->profile().name;
}

}  // namespace kernelgate
