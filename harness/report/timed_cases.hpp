// Measured rows of one kernel, gathered so that variants of the same case stand side by side.
#pragma once

#include <map>
#include <span>
#include <string>

#include "harness/records/record.hpp"

namespace kernelgate {

/// What is timed: the same shape, storage type and cache mode.
struct TimedCase {
  std::string axes, cache;
  auto operator<=>(const TimedCase&) const = default;
};

/// Tier, case, variant: the latest row of each.
using VariantRows = std::map<std::string, const Record*>;
using TimedCases = std::map<TimedCase, VariantRows>;
using TimedTiers = std::map<std::string, TimedCases>;

/// By kernel. The records must outlive what is returned.
std::map<std::string, TimedTiers> timed_cases(std::span<const Record> records);

/// A positive time of a right row; 0 when there is none.
double seconds_of(const Record& record);

}  // namespace kernelgate
