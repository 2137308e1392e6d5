// Softmax weights of sampling in packs, and as whole numbers that packs can add.
#pragma once

#include <cstdint>

#include "kernels/common/kokkos/pack_math.hpp"
#include "kernels/common/select/row_scan.hpp"
#include "kernels/sampling/sampling_view.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Softmax weights in [0, 1] as whole numbers of 2^-(21 + low_bits), split into two parts of 32
/// bits so that packs can add them. They leave room for a whole vocabulary of ones.
struct PackedMass {
  static constexpr int high_bits = 21;
  int low_bits;  // at most 22: more than 43 bits of a weight are below its error

  static PackedMass for_terms(std::int64_t terms) {
    const int bits = FixedPoint::for_terms(terms).bits;
    return {(bits < 43 ? bits : 43) - high_bits};
  }
  KOKKOS_FUNCTION FixedPoint fixed() const { return {high_bits + low_bits}; }

  /// Splits a weight into high 2^low_bits + low: the nearest whole number, ties to even.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION void split(const Pack<float, W>& weight, Pack<std::int32_t, W>& high,
                                         Pack<std::int32_t, W>& low) const {
    const Pack<float, W> scaled = weight * static_cast<float>(1 << high_bits);
    high = truncated(scaled);
    const Pack<float, W> rest = scaled - floats_of(high);
    low = cast_bits<std::int32_t>(rest * static_cast<float>(1 << low_bits) +
                                  pack_detail::round_to_whole) -
          0x4B400000;  // the bits of round_to_whole
  }
  KOKKOS_FORCEINLINE_FUNCTION std::uint64_t joined(std::int32_t high, std::int32_t low) const {
    return (static_cast<std::uint64_t>(high) << low_bits) + static_cast<std::uint64_t>(low);
  }
};

/// e^(x - largest): 1 for the largest itself, 0 where it is below 2^-126. Where packs are vectors,
/// a single number uses the same series as a pack, so that equal numbers have equal weights.
template <class S, int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> weights_of(const Pack<float, W>& x, float largest) {
  if constexpr (W < S::lanes) {
    static_assert(W == 1);
    using P = Pack<float, S::lanes>;
    return broadcast<Pack<float, 1>>(weights_of<S>(broadcast<P>(x[0]), largest)[0]);
  } else {
    using P = Pack<float, W>;
    const P below = x - largest;
    const P weight = exp(max(below, broadcast<P>(-88.0F)));
    const P zero = broadcast<P>(0.0F);
    return select(x == largest, broadcast<P>(1.0F), select(below < -87.3F, zero, weight));
  }
}

/// Numbers as the steps after temperature read them: the whole row, or a list of some of it.
template <class S>
struct WeighedNumbers {
  const float* x;
  const std::int32_t* place;  // null: number i is at position i
  int count;
  float largest;

  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<std::int32_t, W> ranks(int i) const {
    return ranks_of(cast_bits<std::uint32_t>(load<Pack<float, W>>(x + i)));
  }
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<std::int32_t, W> places(int i) const {
    using I = Pack<std::int32_t, W>;
    return place == nullptr ? counted_from<I>(i) : load<I>(place + i);
  }
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> weights(int i) const {
    return weights_of<S>(load<Pack<float, W>>(x + i), largest);
  }
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
