// Memory accesses of the waves of a launch, as counted by an executor. Provenance: modelled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/devices/wave_cost.hpp"

namespace kernelgate {

/// Selects the waves that are counted: `blocks` blocks, spread evenly over the grid starting with
/// the first, and `waves` waves of each. With 0 blocks nothing is counted and counting has no cost.
struct CountedWaves {
  std::uint32_t blocks = 0;
  std::uint32_t waves = 0;

  /// Whether `index` is one of `some` numbers spread evenly over 0 .. `all` - 1.
  static bool chosen(std::uint64_t index, std::uint64_t all, std::uint64_t some);
};

/// A source line whose accesses cost more than the minimum.
struct CostlyPlace {
  std::string where;  // "linear_kernel.hpp:41"
  bool writes = false;
  bool shared = false;         // shared memory: cost in cycles; else in sectors
  std::uint64_t accesses = 0;  // accesses of whole waves
  Cost cost;

  bool operator==(const CostlyPlace&) const = default;
};

/// The counters of one kernel on one device, summed over all its launches of a run.
struct LaunchCounters {
  std::string kernel;  // the instance, "linear_gemv<bf16,w32>"
  std::uint64_t launches = 0;
  std::uint64_t waves = 0, all_waves = 0;  // counted, and total
  std::uint64_t shared_accesses = 0, global_accesses = 0;
  std::uint64_t left_out = 0;  // lane accesses that did not fit in a wave's log
  Cost cycles, sectors;
  std::vector<CostlyPlace> places;  // most wasteful first

  bool operator==(const LaunchCounters&) const = default;
};

/// Adds a launch's counters to those of the same kernel, or appends them if the kernel is new.
void add(std::vector<LaunchCounters>& all, const LaunchCounters& launch);

/// The header for lines(); both are indented by two columns.
std::string counters_header();
/// One line per kernel, followed by its most wasteful source locations.
std::string lines(const LaunchCounters& counters);

}  // namespace kernelgate
