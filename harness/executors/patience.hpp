// How long a thread may go on before it is taken to loop for ever.
#pragma once

#include <cstdint>

namespace kernelgate {

/// A step is an observed access, an atomic, a fence, a barrier or a wave operation: counted, so
/// that the same launch ends at the same step. A loop without any of them is left to the clock.
struct Patience {
  static constexpr std::uint64_t usual_steps = std::uint64_t{1} << 24;
  static constexpr double usual_silent_seconds = 20;
  /// Threads of a block that give way to each other may all loop: so many times the steps of one.
  static constexpr std::uint64_t block_factor = 64;

  std::uint64_t steps = usual_steps;             // of one thread; 0: no limit
  double silent_seconds = usual_silent_seconds;  // of processor time without a step; 0: no limit

  bool operator==(const Patience&) const = default;
};

}  // namespace kernelgate
