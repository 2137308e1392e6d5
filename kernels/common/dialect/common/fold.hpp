// Many sums over a group of lanes at once. A butterfly for each would take log2(lanes) shuffles per
// value. Here each step halves the number of values that a lane carries, so that all of them
// together cost about one shuffle per value.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Sums each of the first N values over `Lanes` neighbouring lanes (both powers of two, Lanes at
/// most W). If N >= Lanes, lane l of a group gets the N / Lanes sums from l N / Lanes on, in its
/// first elements. If N < Lanes, it gets sum l / (Lanes / N), in element 0. The order of a sum
/// depends on N and Lanes alone. Every lane of the wave must call it.
template <int W, int Lanes, int N, int Size>
KDEV void k_fold(float (&value)[Size]) {
  static_assert(N <= Size && Lanes <= W);
  if constexpr (Lanes > 1 && N > 1) {
    constexpr int half = N / 2;
    const bool upper = (k_tid() & (Lanes / 2)) != 0;
    K_UNROLL
    for (int i = 0; i < half; ++i) {
      const float low = value[i];  // read both first: selecting between addresses would need memory
      const float high = value[i + half];
      const float kept = upper ? high : low;
      const float given = upper ? low : high;
      value[i] = kept + k_shfl_xor<W>(given, Lanes / 2);
    }
    k_fold<W, Lanes / 2, half>(value);
  } else if constexpr (Lanes > 1) {
    value[0] += k_shfl_xor<W>(value[0], Lanes / 2);
    k_fold<W, Lanes / 2, 1>(value);
  }
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
