// Choice of the virtual devices and schedules on which a native variant is judged.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/kernel.hpp"
#include "harness/core/registry.hpp"
#include "harness/devices/profile.hpp"
#include "harness/executors/virtual_device.hpp"

namespace kernelgate {

/// One run of a variant on one virtual device.
struct VirtualRun {
  const DeviceProfile* profile = nullptr;
  std::uint64_t schedule_seed = 0;
  std::optional<std::string> unsupported_reason =
      std::nullopt;  // why the variant is unsupported there
};

/// The options --device, --schedules, --determinism-schedules, --schedule-seed, --unchecked,
/// --counters,
/// --step-limit, --silent-limit.
struct VirtualRunOptions {
  std::vector<std::string> devices;  // profiles; none: all
  int schedules = 3;
  int determinism_claim_schedules = 20;  // of cases that test claims (determinism_claim_cases.hpp)
  std::vector<std::uint64_t> schedule_seeds;  // exactly these; none: 0 .. schedules - 1
  ExecutorOptions executor;

  /// The profiles to consider, in order. Throws BadInput for an unknown name.
  std::vector<const DeviceProfile*> profiles() const;
  /// The options that a reproduction command needs, such as --step-limit 1000; defaults are left
  /// out.
  std::vector<std::string> words() const;
  /// The runs that judge a variant on a case. Of profiles with the same kernel instance, the first
  /// one runs under every seed, and under the seeds of a determinism claim if it is in `claims`.
  /// Each unsupported profile gives one entry with the reason.
  std::vector<VirtualRun> runs(const Variant& variant, const Case& shape,
                               std::span<const DeviceProfile* const> determinism_claims = {}) const;
};

/// Amount of work that an executor observes in one run: flops plus twice the bytes.
double executor_work(const Case& shape);

/// Why a case of a suite runs only when `--case` names it: an executor observes about ten million
/// units of executor_work() per second, and a suite of production shapes would take days. Nothing
/// up to 200 million.
std::optional<std::string> too_large_for_executors(const Case& shape);

}  // namespace kernelgate
