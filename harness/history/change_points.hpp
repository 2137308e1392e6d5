// Finds changes of level in a noisy series of times by E-divisive (Matteson and James, J. Am. Stat.
// Assoc. 109, 2014), which assumes no distribution and no number of changes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kernelgate::history {

struct ChangeRules {
  std::int64_t min_segment = 3;  // values between two changes, so that one outlier is no change
  double magnitude = 0.02;       // minimum |ln(level after / level before)|
  double chance = 0.001;         // probability of a change in a series without one, per split
  std::int64_t permutations = 1999;
  std::int64_t window = 50;  // values analysed together; 0: all
  std::uint64_t seed = 1;    // of the permutations: equal series give equal results
};

/// The level of a series changed between the values first - 1 and first.
struct ChangePoint {
  std::size_t first = 0;
  double before = 0, after = 0;  // medians of the segments on either side
  double chance = 1;
  bool operator==(const ChangePoint&) const = default;
};

/// Splits a segment where the energy distance between both sides is largest, as long as random
/// permutations of the segment rarely reach that distance. Then joins neighbours whose levels
/// differ by less than the magnitude, the closest first. A series longer than a window is analysed
/// in windows that overlap by half: a level of few jobs is not lost among hundreds, and the time
/// grows with the length, not with its square. Changes that two windows find closer than
/// `min_segment` count once. Values are times, above 0.
std::vector<ChangePoint> change_points(std::span<const double> times, const ChangeRules& rules);

/// The best split of a segment: the index of its first value on the right, and the distance
/// m n / (m + n) * (2 E|X - Y| - E|X - X'| - E|Y - Y'|), where X and Y are the m and n values on
/// either side.
struct Split {
  std::size_t first = 0;
  double distance = 0;
};
/// Each side has at least `min_segment` values (and at least 2). Distance 0 at 0 if none fits.
Split best_split(std::span<const double> values, std::int64_t min_segment);

}  // namespace kernelgate::history
