// Operations that move numbers within packs: compressed stores, table look-ups, transposed blocks,
// sums across lanes.
#pragma once

#include <utility>

#include "kernels/common/kokkos/pack.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Stores the numbers whose bits are set, contiguously. May write W numbers.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION void store_chosen(T* to, const Pack<T, W>& p, std::uint32_t bits) {
#if defined(__AVX512F__)
  if constexpr (W == 16) {
    const __m512i chosen =
        _mm512_maskz_compress_epi32(static_cast<__mmask16>(bits), __builtin_bit_cast(__m512i, p));
    _mm512_storeu_si512(to, chosen);
    return;
  }
#elif defined(__AVX2__) && defined(__BMI2__)
  if constexpr (W == 8) {
    // A byte mask of the chosen numbers, then their indices packed together.
    const std::uint64_t bytes = _pdep_u64(bits, 0x0101010101010101U) * 0xFFU;
    const std::uint64_t chosen = _pext_u64(0x0706050403020100U, bytes);
    const __m256i index = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(chosen)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        _mm256_permutevar8x32_epi32(__builtin_bit_cast(__m256i, p), index));
    return;
  }
#endif
  int n = 0;
  KG_UNROLL for (int i = 0; i < W; ++i) {
    if ((bits >> i & 1U) != 0) to[n++] = p.at[i];
  }
}

/// Looks up table[code & 15] in 16 numbers in memory.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> look_up(const float* table,
                                                   const Pack<std::uint32_t, W>& code) {
  using Out = Pack<float, W>;
#if defined(__AVX512F__)
  if constexpr (W == 16) {  // the instruction uses the index modulo 16
    return __builtin_bit_cast(Out,
                              _mm512_maskz_permutexvar_ps(0xFFFF, __builtin_bit_cast(__m512i, code),
                                                          _mm512_loadu_ps(table)));
  }
#elif defined(__AVX2__)
  if constexpr (W == 8) {  // modulo 8 per half; bit 3, moved to the sign, selects the half
    const __m256i index = __builtin_bit_cast(__m256i, code);
    const __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), index);
    const __m256 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table + 8), index);
    const __m256 choice = _mm256_castsi256_ps(_mm256_slli_epi32(index, 28));
    return __builtin_bit_cast(Out, _mm256_blendv_ps(low, high, choice));
  }
#endif
  Out p;
  KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = table[code[i] & 15U];
  return p;
}

namespace pack_detail {
#if KG_VECTOR_PACKS
// Interleaves numbers Start .. Start + W/2 - 1 of a and b.
template <int Start, class T, int W, int... I>
[[gnu::always_inline]] inline Pack<T, W> interleave(const Pack<T, W>& a, const Pack<T, W>& b,
                                                    std::integer_sequence<int, I...>) {
  Pack<T, W> p;
  p.at = __builtin_shufflevector(a.at, b.at, ((I % 2 == 0 ? 0 : W) + Start + I / 2)...);
  return p;
}
// Numbers First, First + 2, ... of the concatenation of a and b.
template <int First, class T, int W, int... I>
[[gnu::always_inline]] inline Pack<T, W> every_second(const Pack<T, W>& a, const Pack<T, W>& b,
                                                      std::integer_sequence<int, I...>) {
  Pack<T, W> p;
  p.at = __builtin_shufflevector(a.at, b.at, (2 * I + First)...);
  return p;
}
#endif
}  // namespace pack_detail

/// Number j of pack i becomes number i of pack j.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION void transpose([[maybe_unused]] Pack<T, W> (&rows)[W]) {
  if constexpr (Pack<T, W>::vector) {
#if KG_VECTOR_PACKS
    constexpr auto indices = std::make_integer_sequence<int, W>{};
    KG_UNROLL for (int round = 1; round < W; round *= 2) {
      Pack<T, W> mixed[W];
      KG_UNROLL for (int i = 0; i < W / 2; ++i) {
        mixed[2 * i] = pack_detail::interleave<0>(rows[i], rows[i + W / 2], indices);
        mixed[2 * i + 1] = pack_detail::interleave<W / 2>(rows[i], rows[i + W / 2], indices);
      }
      KG_UNROLL for (int i = 0; i < W; ++i) rows[i] = mixed[i];
    }
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) {
      KG_UNROLL for (int j = 0; j < i; ++j) {
        const T x = rows[i].at[j];
        rows[i].at[j] = rows[j].at[i];
        rows[j].at[i] = x;
      }
    }
  }
}

/// Number i is the sum of the numbers of rows[i]. Halves are added pair by pair, which takes a
/// third of the shuffles of W separate sums.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<T, W> sums_of(const Pack<T, W> (&rows)[W]) {
  if constexpr (Pack<T, W>::vector) {
#if KG_VECTOR_PACKS
    constexpr auto indices = std::make_integer_sequence<int, W>{};
    Pack<T, W> part[W];
    KG_UNROLL for (int i = 0; i < W; ++i) part[i] = rows[i];
    KG_UNROLL for (int n = W / 2; n > 0; n /= 2) {
      KG_UNROLL for (int i = 0; i < n; ++i) {
        part[i] = pack_detail::interleave<0>(part[i], part[i + n], indices) +
                  pack_detail::interleave<W / 2>(part[i], part[i + n], indices);
      }
    }
    return part[0];
#endif
  } else {
    Pack<T, W> sums;
    KG_UNROLL for (int i = 0; i < W; ++i) sums.at[i] = sum(rows[i]);
    return sums;
  }
}

namespace pack_detail {
#if KG_VECTOR_PACKS
template <int Turned, int Other, class T, int W, int... I>
[[gnu::always_inline]] inline Pack<T, W> mix_numbers(const Pack<T, W>& a, const Pack<T, W>& b,
                                                     std::integer_sequence<int, I...>) {
  Pack<T, W> p;
  p.at = __builtin_shufflevector(a.at, b.at, (((I & Other) != 0 ? W : 0) + (I ^ Turned))...);
  return p;
}
#endif
}  // namespace pack_detail

/// Number i becomes number i ^ Turned.
template <int Turned, class T, int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<T, W> turned(const Pack<T, W>& a) {
  static_assert(Turned < W);
  Pack<T, W> p;
  if constexpr (Pack<T, W>::vector) {
#if KG_VECTOR_PACKS
    p = pack_detail::mix_numbers<Turned, 0>(a, a, std::make_integer_sequence<int, W>{});
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = a.at[i ^ Turned];
  }
  return p;
}

/// Number i of a where i & Bit is 0, of b elsewhere.
template <int Bit, class T, int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<T, W> mixed(const Pack<T, W>& a, const Pack<T, W>& b) {
  Pack<T, W> p;
  if constexpr (Pack<T, W>::vector) {
#if KG_VECTOR_PACKS
    p = pack_detail::mix_numbers<0, Bit>(a, b, std::make_integer_sequence<int, W>{});
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = (i & Bit) != 0 ? b.at[i] : a.at[i];
  }
  return p;
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
