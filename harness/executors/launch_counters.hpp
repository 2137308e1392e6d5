// What the waves of a launch asked of memory, as an executor counted it: figures of kind modelled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/devices/wave_cost.hpp"

namespace kernelgate {

/// Which waves are counted: so many blocks, evenly over the grid from the first one on, and so many
/// waves of each. None: nothing is counted, and counting costs nothing.
struct CountedWaves {
  std::uint32_t blocks = 0;
  std::uint32_t waves = 0;

  /// Whether number `index` is one of `some` that lie evenly among `all`.
  static bool chosen(std::uint64_t index, std::uint64_t all, std::uint64_t some);
};

/// One line of a kernel that asks for more than the least.
struct CostlyPlace {
  std::string where;  // "linear_kernel.hpp:41"
  bool writes = false;
  bool shared = false;         // of shared memory: cycles; else sectors
  std::uint64_t accesses = 0;  // of waves
  Cost cost;

  bool operator==(const CostlyPlace&) const = default;
};

/// One kernel on one device, all its launches of a run together.
struct LaunchCounters {
  std::string kernel;  // the instance, "linear_gemv<bf16,w32>"
  std::uint64_t launches = 0;
  std::uint64_t waves = 0, all_waves = 0;  // counted, of so many
  std::uint64_t shared_accesses = 0, global_accesses = 0;
  std::uint64_t left_out = 0;  // accesses of lanes beyond what a wave's log holds
  Cost cycles, sectors;
  std::vector<CostlyPlace> places;  // that waste most first

  bool operator==(const LaunchCounters&) const = default;
};

/// Adds a launch to those of a run: to the one of the same kernel, or as one more.
void add(std::vector<LaunchCounters>& all, const LaunchCounters& launch);

/// A header for lines(), which are two columns in.
std::string counters_header();
/// A line a kernel, and below it the places that waste most.
std::string lines(const LaunchCounters& counters);

}  // namespace kernelgate
