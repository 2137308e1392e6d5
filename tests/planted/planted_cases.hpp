// Table of seeded bugs: the kernel, its launch, and the check that must find the bug.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/executors/source/source_device.hpp"

namespace kernelgate {

/// The check that must find the bug; `result` if only the output shows it.
enum class FoundBy { race, scope, init, bounds, align, private_memory, sync, ub, loop, result };

/// Memory that the kernel's third pointer refers to.
enum class ThirdPointer { zeros, freed, host };

struct PlantedRun {
  std::string kernel;  // "missing_barrier<bug", without the wave width
  SourceOptions options = {};
  ThirdPointer third = ThirdPointer::zeros;
};

struct Planted {
  std::string name;
  FoundBy found_by = FoundBy::race;
  PlantedRun mutant, clean;
  std::uint32_t blocks = 1;
  std::uint32_t threads = 256;
  bool at_32 = true;               // whether the kernel is wrong at width 32 too
  bool output_is_garbage = false;  // initial content of y; otherwise zeroes
};

std::vector<Planted> planted_cases();

}  // namespace kernelgate
