// For tests of native kernels: runs a kernel's own launch plan on kernel instances chosen by the
// test, such as seeded bugs, and checks them on virtual devices of both wave widths under several
// schedules. Compares a variant's bits under several schedules.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/executors/source/source_device.hpp"
#include "harness/executors/virtual_device.hpp"
#include "harness/verify/check.hpp"
#include "harness/verify/run_bits.hpp"

namespace kernelgate {

/// The text that a test compares: empty if the result passed, else its status and message.
inline std::string said(const CheckResult& result) {
  return result.status == Status::passed ? std::string()
                                         : std::string(name(result.status)) + "\n" + result.message;
}

/// The device profile for trials with waves of 32 or 64 lanes.
inline const DeviceProfile& trial_device(int wave) {
  return device_profile(wave == 64 ? "wide" : "nv-sm80");
}

/// Results under as many schedules; every second schedule also yields about every 50 accesses.
/// `judge` takes a SourceDevice and returns a CheckResult. For kernels that are launched without
/// their plan.
template <typename Judge>
std::vector<std::string> said_under_schedules(int wave, const Judge& judge,
                                              std::uint64_t schedules) {
  std::vector<std::string> texts;
  for (std::uint64_t seed = 1; seed <= schedules; ++seed) {
    SourceDevice device(trial_device(wave),
                        {.seed = seed, .yield_every = seed % 2 == 0 ? 50U : 0U});
    texts.push_back(said(judge(device)));
  }
  return texts;
}

class NativeTrial {
 public:
  using Register = void (*)(Registry&);

  /// `reference` registers the kernel, `native` its plans.
  NativeTrial(std::string_view kernel, Register reference, Register native, NativeEntries entries)
      : kernel_(kernel) {
    reference(registry_);
    registry_.add_entries(kernel, Backend::source, entries);
    native(registry_);
  }

  /// One text per schedule seed, from 0 on: empty where the variant passed, else the check's
  /// message.
  std::vector<std::string> found(std::string_view variant, std::string_view axes, DataMode mode,
                                 int wave, std::uint64_t schedules = 4) const {
    return found_on(trial_device(wave), variant, axes, mode, schedules);
  }
  /// The same on a device chosen by the test.
  std::vector<std::string> found_on(const DeviceProfile& profile, std::string_view variant,
                                    std::string_view axes, DataMode mode,
                                    std::uint64_t schedules = 4) const {
    const Kernel& kernel = registry_.find(kernel_);
    const std::unique_ptr<Case> shape = kernel.parse(axes);
    const PreparedCase prepared(*shape, mode, 1);
    std::vector<std::string> texts;
    for (std::uint64_t seed = 0; seed < schedules; ++seed) {
      const auto device = open_virtual_device(Backend::source, profile, seed);
      texts.push_back(said(prepared.check(*kernel.find_variant(variant), device.get())));
    }
    return texts;
  }

 private:
  std::string kernel_;
  Registry registry_;
};

/// Runs the variant under `schedules` schedules and compares every output's bits with those of the
/// natural order. Returns the first difference, "y under schedule 3 on amd-gfx942", or nothing when
/// all agree.
inline std::optional<std::string> differing_bits(const Variant& variant, const Case& shape,
                                                 DataMode mode, const DeviceProfile& profile,
                                                 int schedules) {
  std::vector<std::uint64_t> natural;
  for (int schedule = 0; schedule < schedules; ++schedule) {
    const auto device =
        open_virtual_device(variant.backend, profile, static_cast<std::uint64_t>(schedule));
    const std::vector<std::uint64_t> bits = bits_of_run({&variant, device.get()}, shape, mode);
    if (schedule == 0) natural = bits;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      if (bits[i] == natural[i]) continue;
      return fmt::format("{} under schedule {} on {}", shape.tensors()[i].name, schedule,
                         profile.name);
    }
  }
  return std::nullopt;
}

}  // namespace kernelgate
