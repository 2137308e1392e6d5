// Lists what a native variant would launch on each device profile, and the devices that a run
// covers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/core/registry.hpp"
#include "harness/records/record.hpp"
#include "harness/report/pass_matrix.hpp"

namespace kernelgate {

/// Whether an executor judged the row: on a profile, not on a device.
bool on_executor(const Record& row);

/// On one profile: the instances with their grids, or why the variant refuses the case.
struct Launchable {
  std::optional<std::string> refusal;
  std::string instance;
};

/// In the order of device_profiles().
std::vector<Launchable> launches(const Variant& variant, const Case& shape);

/// The devices that a judgement of an executor covers: the other profiles on which this build's
/// variant launches the same instances with the same grids. Empty for other rows, for refusals and
/// for kernels, variants and devices that this build does not have. The registry must outlive it.
CoveredDevices covered_devices(const Registry& registry);

}  // namespace kernelgate
