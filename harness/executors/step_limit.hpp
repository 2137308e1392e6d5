// Step and time limits after which a thread is reported as looping forever.
#pragma once

#include <cstdint>

namespace kernelgate {

/// A step is an observed access, an atomic, a fence, a barrier or a wave operation. Steps are
/// counted, so the same launch always ends at the same step. A loop without steps is ended by the
/// processor-time limit.
struct StepLimit {
  static constexpr std::uint64_t usual_steps = std::uint64_t{1} << 24;
  static constexpr double usual_silent_seconds = 20;
  /// Threads of a block that yield to each other may all loop, so a block's limit is this factor
  /// times a thread's.
  static constexpr std::uint64_t block_factor = 64;

  std::uint64_t steps = usual_steps;             // of one thread; 0: no limit
  double silent_seconds = usual_silent_seconds;  // of processor time without a step; 0: no limit

  bool operator==(const StepLimit&) const = default;
};

}  // namespace kernelgate
