// Performance portability after Pennycook, Sewall and Lee: the harmonic mean, over a set of tiers,
// of how efficient a variant is on each; 0 as soon as one of them is not supported.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/records/record.hpp"

namespace kernelgate {

/// A variant on one tier: the harmonic means over the kernel's cases that were timed there, by any
/// variant. A case that this variant refuses or gets wrong makes them 0.
struct TierEfficiency {
  std::string tier;
  std::int64_t cases = 0;                  // timed there with any variant
  std::int64_t unsupported = 0;            // of them: refused by this one
  std::int64_t wrong = 0;                  // of them: not right, and so without a time
  std::int64_t missing = 0;                // of them: no row of this one; no mean is stated then
  std::optional<double> of_roofline = {};  // floor / time
  std::optional<double> of_best = {};      // time of the fastest variant there / time

  // The plain figures: over the cases that this variant has a time for, whatever it refuses.
  std::int64_t timed = 0;  // of the cases: with a time of this one
  std::optional<double> timed_of_roofline = {}, timed_of_best = {};
};

struct Portability {
  std::string kernel, variant;
  std::vector<TierEfficiency> tiers = {};  // every measured tier of the kernel, by name
  std::optional<double> of_roofline = {}, of_best = {};  // absent where a tier lacks a row
};

/// Each kernel and variant that has a timed row. Figures of executors and compilers do not enter.
/// Of several rows of one case the latest counts.
std::vector<Portability> portability(std::span<const Record> records);

/// "7 of 9 cases (2 unsupported)": what the plain figures are of.
std::string cases_in_words(const TierEfficiency& tier);

/// n / (1/a + 1/b + …); 0 as soon as one is 0, nothing for no values.
std::optional<double> harmonic_mean(std::span<const double> values);

}  // namespace kernelgate
