// What runs of this build say of every native variant on every kind of device: the figures behind
// docs/support.md, gathered from records, from the committed figures of compilers and from what the
// variants themselves say of a device.
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
  std::int64_t passed = 0;   // cases passed by an executor here or where the launch is the same
  std::int64_t failed = 0;   // any other verdict of an executor
  std::int64_t covered = 0;  // of both: run on other devices alone
  std::int64_t covered_failed = 0;  // of covered: failed
  std::int64_t not_run = 0;         // that the device would take, and no record has
  std::int64_t refused = 0;         // that the device refuses, and another takes
  std::int64_t measured = 0;        // cases passed on such a device itself
  std::int64_t measured_failed = 0;
  std::set<std::string> covered_by;  // the devices that covered cases ran on
  std::set<std::string> reasons;     // of the refusals; DEVICE in place of the profile's name
  std::set<std::string> instances;   // that the cases launch here, by the names of their entries
  std::int64_t compiled = 0;         // of these

  /// Whether some case ran on this very device.
  bool has_own_run() const { return passed + failed > covered; }
  bool operator==(const SupportCell&) const = default;
};

/// The claim of reproducible bits as far as records test it at one wave width.
struct ClaimTest {
  std::string axes, device;  // the case that ran under the most schedules
  std::int64_t schedules = 0;
  bool agreed = true;
};

/// One native variant; `cells` in the order of device_profiles().
struct SupportRow {
  std::string kernel;
  const Variant* variant = nullptr;
  std::int64_t cases = 0;                                  // that at least one device takes
  std::set<std::string> types;                             // of the cases that passed anywhere
  std::map<std::string, std::int64_t> refused_everywhere;  // cases by reason
  std::vector<SupportCell> cells;
  std::map<std::int64_t, ClaimTest> claims;  // by wave width

  std::string id() const { return kernel + "/" + variant->name; }
};

/// Schedules of one case that count as a test of a claim.
inline constexpr std::int64_t schedules_of_a_test = 20;

/// A row a native variant of the registry, in its order. Records of kernels and variants that the
/// registry does not have are an error of the input, named; so are cases that do not parse.
std::vector<SupportRow> support_table(const Registry& registry, std::span<const Record> records,
                                      std::span<const ResourceRow> compiled);

/// The names of the entries in what NativeSide::instance says:
/// "linear_gemv<bf16,w32> 64 x 256, linear_sum<bf16,w32> 8 x 256".
std::set<std::string> entries_in(std::string_view instance);

}  // namespace kernelgate
