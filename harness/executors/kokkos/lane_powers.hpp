// 2^x of lanes, and the sums of many vectors at once: what softmax needs beside multiply-adds.
#pragma once

#include <cmath>
#include <utility>

#include "harness/executors/kokkos/lanes.hpp"
#include "harness/executors/kokkos/pack_math.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

[[gnu::always_inline]] inline Lanes larger(Lanes a, Lanes b) { return a > b ? a : b; }

/// 2^x of lanes, as exp2() of packs.
[[gnu::always_inline]] inline Lanes power_of_two(Lanes x) {
  return exp2(Pack<float, lane_count>{x}).at;
}

/// Lane i is number at[i] of a's lanes followed by b's.
[[gnu::always_inline]] inline Lanes shuffled(Lanes a, Lanes b, LaneBits at) {
#ifdef __clang__  // which has no shuffle by places that it does not know beforehand
  Lanes result;
  for (int i = 0; i < lane_count; ++i) {
    const int from = static_cast<int>(at[i]);
    result[i] = from < lane_count ? a[from] : b[from - lane_count];
  }
  return result;
#else
  return __builtin_shuffle(a, b, at);
#endif
}

[[gnu::always_inline]] inline float largest_lane(Lanes x) {
#pragma GCC unroll 4
  for (std::uint32_t apart = lane_count / 2; apart > 0; apart /= 2) {
    LaneBits partner;
    for (std::uint32_t i = 0; i < lane_count; ++i) partner[i] = i ^ apart;
    x = larger(x, shuffled(x, x, partner));
  }
  return x[0];
}

/// Vector i's sum in lane i, for lane_count vectors: halves are folded together pair by pair.
template <int Width>
[[gnu::always_inline]] inline Lanes fold_pair(Lanes a, Lanes b) {
  // a and b hold groups of Width lanes; the result holds groups of Width / 2: first a's, then b's.
  LaneBits low, high;
  for (int i = 0; i < lane_count; ++i) {
    const int group = i / (Width / 2), within = i % (Width / 2);
    const auto at = static_cast<std::uint32_t>(group * Width + within);
    low[i] = at;
    high[i] = at + Width / 2;
  }
  return shuffled(a, b, low) + shuffled(a, b, high);
}
template <int Count = lane_count>
[[gnu::always_inline]] inline Lanes sums_of_all(const Lanes (&x)[Count]) {
  if constexpr (Count == 1) {
    return x[0];
  } else {
    Lanes half[Count / 2];
    for (int i = 0; i < Count / 2; ++i) half[i] = fold_pair<Count>(x[2 * i], x[2 * i + 1]);
    return sums_of_all<Count / 2>(half);
  }
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
