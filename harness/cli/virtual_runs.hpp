// On which virtual devices, in which orders, a native variant is judged.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
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
};

/// --device, --schedules, --schedule-seed, --unchecked.
struct VirtualRunOptions {
  std::vector<std::string> devices;  // profiles; none: all
  int schedules = 3;
  std::vector<std::uint64_t> schedule_seeds;  // exactly these; none: 0 .. schedules - 1
  SourceFlavour flavour = SourceFlavour::checked;

  void add_to(CLI::App& command);
  /// The runs that judge a variant on a case: of profiles on which it would launch the same, the
  /// first one, under every seed; of those that it refuses, each, once. Throws BadInput for an
  /// unknown profile.
  std::vector<VirtualRun> runs(const Variant& variant, const Case& shape) const;
};

/// Why a case of a suite is left to a `--case` of its own: an executor observes about ten million
/// operations or bytes in a second, and a suite of production shapes would take days. Nothing below
/// 200 million.
std::optional<std::string> too_large_for_executors(const Case& shape);

}  // namespace kernelgate
