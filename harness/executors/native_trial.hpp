// For tests of native kernels: a kernel's own plan on instances of the test's choice, such as those
// of a mutant, judged on virtual devices of both wave widths under several schedules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/executors/source/source_device.hpp"
#include "harness/executors/virtual_device.hpp"
#include "harness/verify/check.hpp"

namespace kernelgate {

/// What a test asks of a result: nothing where it passed, else the status and what was said.
inline std::string said(const CheckResult& result) {
  return result.status == Status::passed ? std::string()
                                         : std::string(name(result.status)) + "\n" + result.message;
}

/// The kind of device that trials in waves of 32 or 64 lanes run on.
inline const DeviceProfile& trial_device(int wave) {
  return device_profile(wave == 64 ? "wide" : "nv-sm80");
}

/// What was said under ten schedules, every second one of which also switches after 50 accesses.
/// `judge` takes a SourceDevice and gives a CheckResult; for kernels launched past their plan.
template <typename Judge>
std::vector<std::string> said_under_schedules(int wave, const Judge& judge) {
  std::vector<std::string> texts;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SourceDevice device(trial_device(wave),
                        {.seed = seed, .yield_every = seed % 2 == 0 ? 50U : 0U});
    texts.push_back(said(judge(device)));
  }
  return texts;
}

class NativeTrial {
 public:
  using Register = void (*)(Registry&);

  /// `reference` adds the kernel, `native` its plans.
  NativeTrial(std::string_view kernel, Register reference, Register native, NativeEntries entries)
      : kernel_(kernel) {
    reference(registry_);
    registry_.add_entries(kernel, Backend::source, entries);
    native(registry_);
  }

  /// What the judge says of the variant, a text a schedule seed from 0 on: empty where it passed.
  std::vector<std::string> found(std::string_view variant, std::string_view axes, DataMode mode,
                                 int wave, std::uint64_t schedules = 4) const {
    return found_on(trial_device(wave), variant, axes, mode, schedules);
  }
  /// The same on a device of the test's choice.
  std::vector<std::string> found_on(const DeviceProfile& profile, std::string_view variant,
                                    std::string_view axes, DataMode mode,
                                    std::uint64_t schedules = 4) const {
    const Kernel& kernel = registry_.find(kernel_);
    const std::unique_ptr<Case> shape = kernel.parse(axes);
    const PreparedCase prepared(*shape, mode, 1);
    std::vector<std::string> texts;
    for (std::uint64_t seed = 0; seed < schedules; ++seed) {
      const OpenVirtualDevice device(registry_, Backend::source, profile, seed);
      texts.push_back(said(prepared.check(*kernel.find_variant(variant))));
    }
    return texts;
  }

 private:
  std::string kernel_;
  Registry registry_;
};

}  // namespace kernelgate
