// On which virtual devices, in which orders, a native variant is judged.
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

namespace CLI {
class App;
}

namespace kernelgate {

/// One run of a variant on one virtual device.
struct VirtualRun {
  const DeviceProfile* profile = nullptr;
  std::uint64_t schedule_seed = 0;
  std::optional<std::string> refusal = std::nullopt;  // why that profile cannot run it
};

/// --device, --schedules, --claim-schedules, --schedule-seed, --unchecked, --counters,
/// --step-limit, --silent-limit.
struct VirtualRunOptions {
  std::vector<std::string> devices;  // profiles; none: all
  int schedules = 3;
  int claim_schedules = 20;                   // of the cases that test claims (claim_cases.hpp)
  std::vector<std::uint64_t> schedule_seeds;  // exactly these; none: 0 .. schedules - 1
  ExecutorOptions executor;

  void add_to(CLI::App& command);
  /// The profiles to consider, in order. Throws BadInput for an unknown one.
  std::vector<const DeviceProfile*> profiles() const;
  /// Those that the line that runs it again needs: --step-limit 1000; none where all are the usual
  /// ones.
  std::vector<std::string> words() const;
  /// The runs that judge a variant on a case: of profiles on which it would launch the same, the
  /// first one, under every seed, and under those of a claim where `claims` names it; of those that
  /// it refuses, each, once, with the reason.
  std::vector<VirtualRun> runs(const Variant& variant, const Case& shape,
                               std::span<const DeviceProfile* const> claims = {}) const;
};

/// Operations and bytes of one run: what an executor observes.
double executor_work(const Case& shape);

/// Why a case of a suite is left to a `--case` of its own: an executor observes about ten million
/// operations or bytes in a second, and a suite of production shapes would take days. Nothing below
/// 200 million.
std::optional<std::string> too_large_for_executors(const Case& shape);

}  // namespace kernelgate
