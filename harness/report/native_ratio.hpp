// Portable code against code written for one device, and against the vendor's library: times of the
// same case on the same tier.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/records/record.hpp"
#include "harness/report/portability.hpp"
#include "harness/report/timed_cases.hpp"

namespace kernelgate {

/// Whose code a variant is, where portable code is compared with the rest.
enum class Origin {
  portable,  // `kokkos`
  tuned,     // made for the device by this project, such as kokkos/cpu or native
  vendor,    // "baseline/…": a vendor's library
};
constexpr std::string_view name(Origin origin) {
  constexpr std::string_view names[] = {"portable", "tuned", "vendor"};
  return names[static_cast<int>(origin)];
}
/// Nothing for portable code in the shape of another kind of device: it is judged, and no rival.
std::optional<Origin> origin_of(std::string_view variant);

/// One case on one tier: the fastest row of each origin. Where none has a time, a row that says why
/// not; absent where nothing was run.
struct ComparedCase {
  std::string kernel, tier;
  TimedCase what;
  const Record* portable = nullptr;
  const Record* tuned = nullptr;
  const Record* vendor = nullptr;
};

/// Every case that any origin has a time for, by kernel, tier and case. The records must outlive
/// what is returned.
std::vector<ComparedCase> compared_cases(std::span<const Record> records);

/// Time of the portable variant over the rival's; absent where one has no time.
std::optional<double> speed_over_portable(const ComparedCase& line, const Record* rival);

/// The metric of portability.hpp for portable code, and for the fastest tuned and vendor variant of
/// each case: lines whose variant is "portable", "tuned" or "vendor".
std::vector<Portability> portability_by_origin(std::span<const ComparedCase> cases);

/// The portable time over that of the fastest other; above 1 the portable code is slower.
struct Rival {
  std::string variant;
  double ratio = 0;
};

/// One case that the portable variant has a time for.
struct NativeRatio {
  std::string kernel, axes, cache, tier;
  double portable_seconds = 0;
  std::optional<Rival> native;  // the fastest variant made for this device
  std::optional<Rival> vendor;  // the fastest of the vendors' libraries
};

/// A kernel on a tier: geometric means over its cases, and the worst of them.
struct NativeRatioSummary {
  std::string kernel, tier;
  std::int64_t native_cases = 0, vendor_cases = 0;
  std::optional<double> native = {}, native_worst = {}, vendor = {}, vendor_worst = {};
};

std::vector<NativeRatio> native_ratios(std::span<const Record> records);
std::vector<NativeRatioSummary> summarise(std::span<const NativeRatio> ratios);

}  // namespace kernelgate
