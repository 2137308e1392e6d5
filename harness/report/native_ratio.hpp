// Compares portable code with code written for one device and with the vendor's library: times of
// the same case on the same tier.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/records/record.hpp"
#include "harness/report/portability.hpp"
#include "harness/report/timed_cases.hpp"

namespace kernelgate {

/// Origin of a variant's code.
enum class Origin {
  portable,  // `kokkos`
  tuned,     // written for the device by this project, such as kokkos/cpu or native
  vendor,    // "baseline/…": a vendor's library
};
constexpr std::string_view name(Origin origin) {
  constexpr std::string_view names[] = {"portable", "tuned", "vendor"};
  return names[static_cast<int>(origin)];
}
/// Absent for portable code in the shape of another kind of device, which is checked but not
/// compared.
std::optional<Origin> origin_of(std::string_view variant);

/// One case on one tier with the fastest row of each origin. If no row has a time, the row contains
/// the reason. Null if nothing was run.
struct ComparedCase {
  std::string kernel, tier;
  TimedCase what;
  const Record* portable = nullptr;
  const Record* tuned = nullptr;
  const Record* vendor = nullptr;
};

/// Every case with a time of any origin, by kernel, tier and case. The result points into
/// `records`.
std::vector<ComparedCase> compared_cases(std::span<const Record> records);

/// Portable time divided by the rival's time; absent if either is missing.
std::optional<double> speed_over_portable(const ComparedCase& line, const Record* rival);

/// The metric of portability.hpp for portable code, and for the fastest tuned and vendor variant of
/// each case. The variants of the result are "portable", "tuned" and "vendor".
std::vector<Portability> portability_by_origin(std::span<const ComparedCase> cases);

/// The fastest other variant. The ratio is the portable time divided by its time; above 1 the
/// portable code is slower.
struct Rival {
  std::string variant;
  double ratio = 0;
};

/// One case with a time of the portable variant.
struct NativeRatio {
  std::string kernel, axes, cache, tier;
  double portable_seconds = 0;
  std::optional<Rival> native;  // the fastest variant written for this device
  std::optional<Rival> vendor;  // the fastest of the vendors' libraries
};

/// A kernel on a tier: geometric mean and worst ratio over its cases.
struct NativeRatioSummary {
  std::string kernel, tier;
  std::int64_t native_cases = 0, vendor_cases = 0;
  std::optional<double> native = {}, native_worst = {}, vendor = {}, vendor_worst = {};
};

/// Ratios of every case with a portable time, and their summary by kernel and tier.
std::vector<NativeRatio> native_ratios(std::span<const Record> records);
std::vector<NativeRatioSummary> summarise(std::span<const NativeRatio> ratios);

}  // namespace kernelgate
