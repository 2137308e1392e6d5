// Groups measured rows of one kernel so that variants of the same case are side by side.
#pragma once

#include <map>
#include <span>
#include <string>

#include "harness/records/record.hpp"

namespace kernelgate {

/// Identifies a timed case: shape, storage type and cache mode.
struct TimedCase {
  std::string axes, cache;
  auto operator<=>(const TimedCase&) const = default;
};

/// The latest row of each variant, by tier and case.
using VariantRows = std::map<std::string, const Record*>;
using TimedCases = std::map<TimedCase, VariantRows>;
using TimedTiers = std::map<std::string, TimedCases>;

/// Timed cases by kernel. The result points into `records`.
std::map<std::string, TimedTiers> timed_cases(std::span<const Record> records);

/// The time of a correct row; 0 if it has none.
double seconds_of(const Record& record);

}  // namespace kernelgate
