// 2^x of lanes, and the sums of many vectors at once: what softmax needs beside multiply-adds.
#pragma once

#include <cmath>
#include <utility>

#include "harness/executors/kokkos/lanes.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

[[gnu::always_inline]] inline Lanes larger(Lanes a, Lanes b) { return a > b ? a : b; }

/// 2^x for x <= 127, within 1.3 ulp; 0 below -126 and at -inf, NaN stays NaN. x = n + f with n the
/// nearest integer, so |f| <= 1/2; 2^f by its Taylor series to f^7, which leaves (ln 2 / 2)^8 / 8!
/// = 5.2e-9 = 0.09 u of the result; the last Horner step rounds by 1/2 ulp and carries the rounding
/// of f (ln 2 + ...) of at most 0.35 as much again, its step before a third of that.
[[gnu::always_inline]] inline Lanes power_of_two(Lanes x) {
  const Lanes magic = all_lanes(0x1.8p23F);  // x + magic has no bits below 1: it rounds to nearest
  const Lanes shifted = x + magic;
  const Lanes f = x - (shifted - magic);
  Lanes series = all_lanes(1.52527338e-5F);
  series = series * f + 1.54035304e-4F;
  series = series * f + 1.33335581e-3F;
  series = series * f + 9.61812911e-3F;
  series = series * f + 5.55041087e-2F;
  series = series * f + 2.40226507e-1F;
  series = series * f + 6.93147181e-1F;
  series = series * f + 1.0F;
  const LaneBits exponent = (reinterpret_cast<LaneBits>(shifted) + 127U)
                            << 23;  // magic's low bits: 0
  const Lanes power = series * reinterpret_cast<Lanes>(exponent);
  return x < -126.0F ? Lanes{} : power;
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
