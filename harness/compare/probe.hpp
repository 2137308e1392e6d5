// Work of a known amount for the self-test of comparisons: a slowdown of 2 % is 2 % more work, not
// a sleep or an estimate.
#pragma once

#include <cstdint>
#include <vector>

namespace kernelgate::compare {

/// Multiplies and adds over a buffer that fits into a first-level cache, unit after unit.
class Probe {
 public:
  /// A unit is one pass over the buffer. `more` adds that share of units, accurate to 1/2000 or
  /// better. The buffer begins at a random offset, as the heap of a real process does.
  Probe(std::int64_t units, double more);

  /// Does the work once and returns a number that depends on all of it.
  double run();
  std::int64_t units() const { return units_; }

 private:
  std::int64_t units_;
  std::vector<double> memory_;
  double* data_ = nullptr;
};

/// Units that take approximately this many seconds on this machine at present. All sides of a
/// comparison must be given the same number.
std::int64_t units_for(double seconds);

}  // namespace kernelgate::compare
