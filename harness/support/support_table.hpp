// Gathers the results of every native variant on every kind of device, the data of docs/support.md,
// from records, from the committed metrics of compilers and from the variants' own properties.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"
#include "harness/devices/profile.hpp"
#include "harness/records/record.hpp"
#include "harness/resources/baseline.hpp"

namespace kernelgate {

/// One variant on one device. A case is a shape with its storage type.
struct SupportCell {
  std::int64_t passed = 0;          // cases passed by an executor here or with the same launch
  std::int64_t failed = 0;          // cases with any other verdict of an executor
  std::int64_t covered = 0;         // of both: run only on other devices
  std::int64_t covered_failed = 0;  // of covered: failed
  std::int64_t not_run = 0;         // supported by the device, without a record
  std::int64_t refused = 0;         // unsupported here, supported by another device
  std::int64_t measured = 0;        // cases passed on a real device of this kind
  std::int64_t measured_failed = 0;
  std::set<std::string> covered_by;  // the devices that covered cases ran on
  std::set<std::string> reasons;     // why unsupported; DEVICE replaces the profile's name
  std::set<std::string> instances;   // launched by the cases here, by instance name
  std::int64_t compiled = 0;         // number of compiled instances

  /// Whether any case ran on this device itself.
  bool has_own_run() const { return passed + failed > covered; }
  bool operator==(const SupportCell&) const = default;
};

/// The test of a determinism claim by records at one wave width.
struct DeterminismClaimTest {
  std::string axes, device;  // the case that ran under the most schedules
  std::int64_t schedules = 0;
  bool agreed = true;
};

/// One native variant; `cells` in the order of device_profiles().
struct SupportRow {
  std::string kernel;
  const Variant* variant = nullptr;
  std::int64_t cases = 0;                                  // supported by at least one device
  std::set<std::string> types;                             // of the cases that passed anywhere
  std::map<std::string, std::int64_t> refused_everywhere;  // cases by reason
  std::vector<SupportCell> cells;
  std::map<std::int64_t, DeterminismClaimTest> determinism_claims;  // by wave width

  std::string id() const { return kernel + "/" + variant->name; }
};

/// Number of schedules of one case that count as a test of a determinism claim.
inline constexpr std::int64_t schedules_of_a_test = 20;

/// One row per native variant of the registry, in its order. Records of kernels and variants that
/// the registry lacks, and cases that do not parse, are input errors; the message lists them.
std::vector<SupportRow> support_table(const Registry& registry, std::span<const Record> records,
                                      std::span<const ResourceRow> compiled);

/// The instance names in the text of NativeSide::instance: "linear_gemv<bf16,w32> 64 x 256,
/// linear_sum<bf16,w32> 8 x 256".
std::set<std::string> entries_in(std::string_view instance);

}  // namespace kernelgate
