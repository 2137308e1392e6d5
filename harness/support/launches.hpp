// Lists the launches of a native variant on each device profile, and the devices that a run covers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/core/registry.hpp"
#include "harness/records/record.hpp"
#include "harness/report/pass_matrix.hpp"

namespace kernelgate {

/// Whether an executor produced the row, on a profile, rather than a device.
bool on_executor(const Record& row);

/// On one profile: the instances with their grids, or the reason why the case is unsupported.
struct Launchable {
  std::optional<std::string> unsupported_reason;
  std::string instance;
};

/// The launches on each profile, in the order of device_profiles().
std::vector<Launchable> launches(const Variant& variant, const Case& shape);

/// The devices that a result of an executor covers: the other profiles on which this build's
/// variant launches the same instances with the same grids. Empty for other rows, for unsupported
/// cases and for kernels, variants and devices that this build does not have. The registry must
/// outlive the result.
CoveredDevices covered_devices(const Registry& registry);

}  // namespace kernelgate
