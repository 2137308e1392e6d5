// The table of planted bugs: which kernel, how it is launched, and which check must find it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/executors/source/source_device.hpp"

namespace kernelgate {

/// What must show the bug: a check, or only the result.
enum class FoundBy { race, scope, init, bounds, align, private_memory, sync, ub, loop, result };

/// Where the third pointer of the kernel leads.
enum class ThirdPointer { zeros, freed, host };

struct PlantedRun {
  std::string kernel;  // "missing_barrier<bug" without its width
  SourceOptions options = {};
  ThirdPointer third = ThirdPointer::zeros;
};

struct Planted {
  std::string name;
  FoundBy found_by = FoundBy::race;
  PlantedRun mutant, clean;
  std::uint32_t blocks = 1;
  std::uint32_t threads = 256;
  bool at_32 = true;               // whether the bug is one at width 32 too
  bool output_is_garbage = false;  // or zeroes
};

std::vector<Planted> planted_cases();

}  // namespace kernelgate
