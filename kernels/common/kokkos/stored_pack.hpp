// Packs of f32 read from and written to storage types of 32 and 16 bits.
#pragma once

#include <type_traits>

#include "kernels/common/kokkos/pack_moves.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Converts W adjacent numbers of bf16, f16 or f32 to f32. They need no alignment.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> widen(const float* from) {
  return load<Pack<float, W>>(from);
}
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> widen(const bf16* from) {
  Pack<float, W> p;
  if constexpr (Pack<float, W>::vector) {
#if KG_VECTOR_PACKS
    Pack<std::uint32_t, W> words;
#if defined(__AVX512F__)
    if constexpr (W == 16) {  // g++ 12 uses four shuffles for 16 numbers instead of one
      words = __builtin_bit_cast(
          decltype(words), _mm512_maskz_cvtepu16_epi32(
                               0xFFFF, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))));
      return cast_bits<float>(words << 16);
    }
#elif defined(__AVX2__)
    if constexpr (W == 8) {  // as above
      words = __builtin_bit_cast(
          decltype(words),
          _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
      return cast_bits<float>(words << 16);
    }
#endif
    typename pack_detail::Vector<std::uint16_t, W>::type halves;
    std::memcpy(&halves, from, sizeof(halves));
    words.at = __builtin_convertvector(halves, decltype(words.at));
    p = cast_bits<float>(words << 16);
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = to_float(from[i]);
  }
  return p;
}
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> widen(const f16* from) {
  Pack<float, W> p;
#if defined(__AVX512F__)
  if constexpr (W == 16) {  // g++ 12 warns about an uninitialised register in the plain form
    p.at =
        _mm512_maskz_cvtph_ps(0xFFFF, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    return p;
  }
#endif
#if defined(__F16C__) && KG_VECTOR_PACKS
  if constexpr (W == 8) {
    p.at = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    return p;
  }
#endif
  KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = to_float(from[i]);
  return p;
}

/// The first `count` of W adjacent numbers, then zeros; count < 1 reads nothing.
template <int W, class T>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> widen_first(const T* from, std::int64_t count) {
  if (count >= W) return widen<W>(from);
  Pack<float, W> p = broadcast<Pack<float, W>>(0.0F);
  if constexpr (Pack<float, W>::vector) {
    for (int i = 0; i < W && i < count; ++i) p.at[i] = to_float(from[i]);
  } else {  // a variable index would put the pack into memory
    KG_UNROLL for (int i = 0; i < W; ++i) {
      if (i < count) p.at[i] = to_float(from[i]);
    }
  }
  return p;
}

/// Rounds to nearest, ties to even, as from_float<T>() does.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION void narrow(float* to, const Pack<float, W>& p) {
  store(to, p);
}
template <int W>
KOKKOS_FORCEINLINE_FUNCTION void narrow(bf16* to, const Pack<float, W>& p) {
  if constexpr (Pack<float, W>::vector) {
#if KG_VECTOR_PACKS
    const auto bits = cast_bits<std::uint32_t>(p);
    const auto rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
    const auto quiet = (bits >> 16) | 0x40U;
    const auto word = select((bits & 0x7FFFFFFFU) > 0x7F800000U, quiet, rounded);
    using Halves = typename pack_detail::Vector<std::uint16_t, W>::type;
    const Halves halves = __builtin_convertvector(word.at, Halves);
    std::memcpy(to, &halves, sizeof(halves));
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) to[i] = from_float<bf16>(p.at[i]);
  }
}
template <int W>
KOKKOS_FORCEINLINE_FUNCTION void narrow(f16* to, const Pack<float, W>& p) {
#if defined(__AVX512F__)
  if constexpr (W == 16) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        _mm512_maskz_cvtps_ph(0xFFFF, p.at, _MM_FROUND_TO_NEAREST_INT));
    return;
  }
#endif
#if defined(__F16C__) && KG_VECTOR_PACKS
  if constexpr (W == 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                     _mm256_cvtps_ph(p.at, _MM_FROUND_TO_NEAREST_INT));
    return;
  }
#endif
  KG_UNROLL for (int i = 0; i < W; ++i) to[i] = from_float<f16>(p.at[i]);
}

/// Stores the first `count` numbers of p.
template <int W, class T>
KOKKOS_FORCEINLINE_FUNCTION void narrow_first(T* to, const Pack<float, W>& p, std::int64_t count) {
  if (count >= W) {
    narrow(to, p);
    return;
  }
  if constexpr (Pack<float, W>::vector) {
    for (int i = 0; i < W && i < count; ++i) to[i] = from_float<T>(p[i]);
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) {
      if (i < count) to[i] = from_float<T>(p[i]);
    }
  }
}

/// Overwrites with x those of W adjacent numbers whose bits are not set; the others keep their
/// value.
template <int W, class T>
KOKKOS_FORCEINLINE_FUNCTION void overwrite_unless(std::uint32_t bits, T* to, T x) {
  if constexpr (Pack<float, W>::vector) {
#if KG_VECTOR_PACKS
    using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint16_t>;
    static_assert(W <= 8 * static_cast<int>(sizeof(Word)) && sizeof(T) == sizeof(Word));
    using Words = typename pack_detail::Vector<Word, W>::type;
    Words bit, words;
    KG_UNROLL for (int i = 0; i < W; ++i) bit[i] = static_cast<Word>(1U << i);
    std::memcpy(&words, to, sizeof(words));
    const Words kept = (static_cast<Word>(bits) - Words{}) & bit;
    words = kept != 0 ? words : __builtin_bit_cast(Word, x) - Words{};
    std::memcpy(static_cast<void*>(to), &words, sizeof(words));
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) {
      if ((bits >> i & 1U) == 0) to[i] = x;
    }
  }
}

/// Two adjacent bf16 numbers in a 32-bit word: low_bf16() is the one at the lower address,
/// high_bf16() the other.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> low_bf16(const Pack<std::uint32_t, W>& words) {
  return cast_bits<float>(words << 16);
}
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> high_bf16(const Pack<std::uint32_t, W>& words) {
  return cast_bits<float>(words & 0xFFFF0000U);
}

/// 2 W adjacent numbers in two packs, in the order that is cheapest for widen_pair().
template <int W>
struct PackPair {
  Pack<float, W> first, second;
};

/// Converts 2 W adjacent numbers of T, aligned to 2 sizeof(T) bytes. Vectors of bf16 return the
/// even ones, then the odd ones, because this takes a shift and a mask per register and no shuffle.
template <int W, class T>
KOKKOS_FORCEINLINE_FUNCTION PackPair<W> widen_pair(const T* from) {
  if constexpr (W == 1) {  // one load
    struct alignas(2 * sizeof(T)) Both {
      T at[2];
    };
    const Both both = *reinterpret_cast<const Both*>(from);
    return {widen<1>(both.at), widen<1>(both.at + 1)};
  } else if constexpr (Pack<float, W>::vector && std::is_same_v<T, bf16>) {
    const auto words =
        cast_bits<std::uint32_t>(load<Pack<float, W>>(reinterpret_cast<const float*>(from)));
    return {low_bf16(words), high_bf16(words)};
  } else {
    return {widen<W>(from), widen<W>(from + W)};
  }
}

/// Restores the memory order of a result of widen_pair() of T.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION PackPair<W> in_order(const PackPair<W>& pair) {
#if KG_VECTOR_PACKS
  if constexpr (Pack<float, W>::vector && std::is_same_v<T, bf16>) {
    constexpr auto indices = std::make_integer_sequence<int, W>{};
    return {pack_detail::interleave<0>(pair.first, pair.second, indices),
            pack_detail::interleave<W / 2>(pair.first, pair.second, indices)};
  }
#endif
  return pair;
}

/// Converts 2 W adjacent numbers and separates them: the even ones, and the odd ones.
template <int W, class T>
KOKKOS_FORCEINLINE_FUNCTION void widen_deinterleaved(const T* from, Pack<float, W>& first,
                                                     Pack<float, W>& second) {
  if constexpr (Pack<float, W>::vector) {
#if KG_VECTOR_PACKS
    if constexpr (std::is_same_v<T, bf16>) {
      const PackPair<W> split = widen_pair<W>(from);  // the even ones, then the odd ones
      first = split.first;
      second = split.second;
    } else {
      constexpr auto indices = std::make_integer_sequence<int, W>{};
      const Pack<float, W> low = widen<W>(from), high = widen<W>(from + W);
      first = pack_detail::every_second<0>(low, high, indices);
      second = pack_detail::every_second<1>(low, high, indices);
    }
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) {
      first.at[i] = to_float(from[2 * i]);
      second.at[i] = to_float(from[2 * i + 1]);
    }
  }
}

/// The inverse: interleaves two packs into W pairs.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION void store_pairs(float* to, const Pack<float, W>& first,
                                             const Pack<float, W>& second) {
  if constexpr (Pack<float, W>::vector) {
#if KG_VECTOR_PACKS
    constexpr auto indices = std::make_integer_sequence<int, W>{};
    store(to, pack_detail::interleave<0>(first, second, indices));
    store(to + W, pack_detail::interleave<W / 2>(first, second, indices));
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) {
      to[2 * i] = first.at[i];
      to[2 * i + 1] = second.at[i];
    }
  }
}

/// Copies W adjacent numbers bit for bit.
template <int W, class T>
KOKKOS_FORCEINLINE_FUNCTION void copy_pack(T* to, const T* from) {
  if constexpr (Pack<float, W>::vector) {
    std::memcpy(static_cast<void*>(to), from, W * sizeof(T));
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) to[i] = from[i];
  }
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
