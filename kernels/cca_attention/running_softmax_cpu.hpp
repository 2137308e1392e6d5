// Scores of a block of keys become weights, for several rows side by side: a row's largest score
// and its sum are chains of few operations each, which one row after the other would wait for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "harness/executors/kokkos/lane_powers.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// What rows have seen so far: the largest score, an exponent of 2, and the sum of the weights
/// 2^(score - largest). `rows` of them are there.
struct RunningRows {
  float *largest, *total;
  std::int64_t rows;
};

/// `scores` [Rows][Keys], -inf where a row does not see the key, become weights, and `so_far`
/// counts them. shrink[i]: the factor for what row i has summed with earlier weights. A row that
/// sees nothing gets zeros. Rows that are not there cost nothing but time.
template <int Rows, int Keys>
void soften(float* scores, const RunningRows& so_far, float (&shrink)[Rows]) {
  static_assert(Rows <= lane_count && Keys % lane_count == 0);
  constexpr float nothing = -std::numeric_limits<float>::infinity();
  float base[Rows];
  Lanes change = {};
#pragma GCC unroll 4
  for (int i = 0; i < Rows; ++i) {
    const float* row = scores + i * Keys;
    Lanes most = load_lanes(row);
#pragma GCC unroll 4
    for (int s = lane_count; s < Keys; s += lane_count) most = larger(load_lanes(row + s), most);
    const float before = i < so_far.rows ? so_far.largest[i] : nothing;
    const float top = std::max(before, largest_lane(most));
    if (i < so_far.rows) so_far.largest[i] = top;
    base[i] = top == nothing ? 0.0F : top;
    change[i] = before - base[i];
  }
  change = power_of_two(change);
#pragma GCC unroll 4
  for (int i = 0; i < Rows; ++i) {
    float* row = scores + i * Keys;
    Lanes sum = {};
#pragma GCC unroll 4
    for (int s = 0; s < Keys; s += lane_count) {
      const Lanes weight = power_of_two(load_lanes(row + s) - base[i]);
      store_lanes(row + s, weight);
      sum += weight;
    }
    shrink[i] = change[i];
    if (i < so_far.rows) so_far.total[i] = so_far.total[i] * shrink[i] + sum_lanes(sum);
  }
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
