// Masks of packs as bits of a word, and back.
#pragma once

#include <cstdint>

#include "kernels/common/kokkos/pack.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Bit i of the result is set if the mask is set for number i.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t bits_of(const Mask<W>& mask) {
#if defined(__AVX512DQ__)
  if constexpr (W == 16) return _mm512_movepi32_mask(__builtin_bit_cast(__m512i, mask));
#elif defined(__AVX2__)
  if constexpr (W == 8) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(__builtin_bit_cast(__m256, mask)));
  }
#endif
  std::uint32_t bits = 0;
  KG_UNROLL for (int i = 0; i < W; ++i) bits |= static_cast<std::uint32_t>(mask.at[i] != 0) << i;
  return bits;
}

/// Bit i of the result is set if number i is at least `min`.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION std::uint32_t bits_at_least(const Pack<std::int32_t, W>& p,
                                                        std::int32_t min) {
#if defined(__AVX512F__)
  if constexpr (W == 16) {
    return _mm512_cmpge_epi32_mask(__builtin_bit_cast(__m512i, p), _mm512_set1_epi32(min));
  }
#endif
  return bits_of(p >= min);
}

/// The mask that is set for number i if bit i is set.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Mask<W> mask_of(std::uint32_t bits) {
  Mask<W> each;
  KG_UNROLL for (int i = 0; i < W; ++i) each.at[i] = static_cast<std::int32_t>(1U << i);
  return (each & static_cast<std::int32_t>(bits)) != 0;
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
