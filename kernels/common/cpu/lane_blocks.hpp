// Operations on blocks of lanes: transpose, sums, partial loads and stores, and e^x. Host code
// only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernels/common/cpu/lanes.hpp"
#include "kernels/common/kokkos/pack_math.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// Loads the first `count` numbers, then zeros; reads nothing beyond them.
template <class T>
Lanes load_some_lanes(const T* p, std::int64_t count) {
  T padded[lane_count] = {};
  std::memcpy(padded, p, static_cast<std::size_t>(count) * sizeof(T));
  return load_lanes(padded);
}

template <class T>
void store_some_lanes(T* p, Lanes x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) p[i] = from_float<T>(x[i]);
}

/// The same, optimised for whole registers.
template <class T>
void store_first_lanes(T* p, Lanes x, std::int64_t count) {
  if (count == lane_count)
    store_lanes(p, x);
  else
    store_some_lanes(p, x, count);
}

/// Interleaves numbers Start, Start + 1, ... of a and b.
template <int Start, int... I>
Lanes interleave(Lanes a, Lanes b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(a, b, ((I % 2 == 0 ? 0 : lane_count) + Start + I / 2)...);
}

/// Numbers 0, 2, 4, ... of x, then 1, 3, 5, ...
template <int... I>
Lanes parted(Lanes x, std::integer_sequence<int, I...>) {
  constexpr int half = sizeof...(I) / 2;
  return __builtin_shufflevector(x, x, (I < half ? 2 * I : 2 * (I - half) + 1)...);
}

/// Transposes lane_count registers of lane_count numbers: interleaving the two halves of the rows
/// log2(lane_count) times moves number j of row i to number i of row j.
inline void transpose(Lanes (&rows)[lane_count]) {
  constexpr auto indices = std::make_integer_sequence<int, lane_count>{};
  for (int round = 1; round < lane_count; round *= 2) {
    Lanes mixed[lane_count];
    for (int i = 0; i < lane_count / 2; ++i) {
      const Lanes a = rows[i], b = rows[i + lane_count / 2];
      mixed[2 * i] = interleave<0>(a, b, indices);
      mixed[2 * i + 1] = interleave<lane_count / 2>(a, b, indices);
    }
    for (int i = 0; i < lane_count; ++i) rows[i] = mixed[i];
  }
}

/// The sum over the lanes of each of `Count` registers, added half to half in a fixed order.
template <int Count>
void sums_of_lanes(const Lanes* x, float* totals) {
  for (int first = 0; first < Count; first += lane_count) {
    constexpr int most = Count < lane_count ? Count : lane_count;
    Lanes block[lane_count] = {};
    for (int i = 0; i < most && first + i < Count; ++i) block[i] = x[first + i];
    transpose(block);
    for (int half = lane_count / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) block[i] += block[i + half];
    }
    store_some_lanes(totals + first, block[0], std::min(lane_count, Count - first));
  }
}

/// e^x of lanes within 2 ulp, like exp() of packs. Infinity from 88.73 on, 0 below -104, NaN for
/// NaN.
inline Lanes exp_lanes(Lanes x) {
  x = x > 89.0F ? all_lanes(89.0F) : x;
  x = x < -104.0F ? all_lanes(-104.0F) : x;
  return exp(Pack<float, lane_count>{x}).at;
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
