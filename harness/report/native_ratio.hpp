// Portable code against code written for one device, and against the vendor's library: times of the
// same case on the same tier.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/records/record.hpp"

namespace kernelgate {

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

/// The portable variant is named `kokkos`, those of vendors' libraries begin with "baseline/".
std::vector<NativeRatio> native_ratios(std::span<const Record> records);
std::vector<NativeRatioSummary> summarise(std::span<const NativeRatio> ratios);

}  // namespace kernelgate
