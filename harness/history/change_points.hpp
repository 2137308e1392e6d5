// Where a series of times changed its level, and where it only made noise. E-divisive (Matteson and
// James, J. Am. Stat. Assoc. 109, 2014), because it assumes no distribution and no number of
// changes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kernelgate::history {

struct ChangeRules {
  std::int64_t least_segment = 3;  // values between two changes: one wild job is no change
  double magnitude = 0.02;         // least |ln(level after / level before)|
  double chance = 0.001;           // that a series without change shows one, at each split
  std::int64_t permutations = 1999;
  std::int64_t window = 50;  // values looked at together; 0: all
  std::uint64_t seed = 1;    // of the permutations: the same series gives the same answer
};

/// The level of a series changed between the values first - 1 and first.
struct ChangePoint {
  std::size_t first = 0;
  double before = 0, after = 0;  // medians of the segments on either side
  double chance = 1;
  bool operator==(const ChangePoint&) const = default;
};

/// A series longer than a window is looked at in windows that overlap by half, so that a level of
/// few jobs is not lost among hundreds and the time grows with the length, not with its square;
/// what two windows find within a least segment of each other is one change. Splits what is looked
/// at where the energy distance between both sides is largest, as long as that distance is larger
/// than permutations of the segment make it; then joins neighbours whose levels are closer than the
/// magnitude, the closest first. Values are times, above 0.
std::vector<ChangePoint> change_points(std::span<const double> times, const ChangeRules& rules);

/// The best split of a segment: its first value on the right, and
/// m n / (m + n) * (2 E|X - Y| - E|X - X'| - E|Y - Y'|), X and Y being the m and n values on either
/// side.
struct Split {
  std::size_t first = 0;
  double distance = 0;
};
/// Each side has at least `least_segment` values (2 at least); a distance of 0 at 0 when none fits.
Split best_split(std::span<const double> values, std::int64_t least_segment);

}  // namespace kernelgate::history
