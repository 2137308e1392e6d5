// Performance portability after Pennycook, Sewall and Lee: the harmonic mean, over a set of tiers,
// of a variant's efficiency on each; 0 if one of them is not supported.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/records/record.hpp"

namespace kernelgate {

/// A variant on one tier: harmonic means over the kernel's cases that any variant was timed on
/// there. A case that this variant does not support or gets wrong makes them 0.
struct TierEfficiency {
  std::string tier;
  std::int64_t cases = 0;                  // timed there with any variant
  std::int64_t unsupported = 0;            // of them: not supported by this one
  std::int64_t wrong = 0;                  // of them: incorrect, so without a time
  std::int64_t missing = 0;                // of them: no row of this one; the means are absent
  std::optional<double> of_roofline = {};  // roofline time / time
  std::optional<double> of_best = {};      // time of the fastest variant there / time

  // Means over only the cases that this variant has a time for.
  std::int64_t timed = 0;  // cases with a time of this variant
  std::optional<double> timed_of_roofline = {}, timed_of_best = {};
};

struct Portability {
  std::string kernel, variant;
  std::vector<TierEfficiency> tiers = {};  // every measured tier of the kernel, by name
  std::optional<double> of_roofline = {}, of_best = {};  // absent if a tier lacks a row
};

/// Portability of each kernel and variant with a timed row. Results of executors and compilers are
/// excluded. Of several rows of one case the latest counts.
std::vector<Portability> portability(std::span<const Record> records);

/// "7 of 9 cases (2 unsupported)": the cases behind `timed_of_roofline` and `timed_of_best`.
std::string cases_text(const TierEfficiency& tier);

/// n / (1/a + 1/b + …); 0 if any value is 0, absent for no values.
std::optional<double> harmonic_mean(std::span<const double> values);

}  // namespace kernelgate
