// Packs: W numbers that one work item holds side by side. On a host a pack is one vector register,
// on a device it is W scalars, so one source is vector code on one and plain code on the other. The
// only file of the portable kernels that names instructions (docs/fast-portable-code.md).
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <cstring>
#include <utility>

#include "harness/core/number.hpp"

#if defined(__CUDACC__) || defined(__HIP__)
#define KG_UNROLL _Pragma("unroll")
#define KG_PACK_NAMESPACE device_packs
#define KG_VECTOR_PACKS 0
#else
#ifdef __clang__
#define KG_UNROLL _Pragma("unroll")
#else
#define KG_UNROLL _Pragma("GCC unroll 64")
#endif
#define KG_VECTOR_PACKS 1
#if defined(__AVX512F__)
#include <immintrin.h>
#define KG_PACK_NAMESPACE avx512_packs
#elif defined(__AVX2__)
#include <immintrin.h>
#define KG_PACK_NAMESPACE avx2_packs
#else
#define KG_PACK_NAMESPACE plain_packs
#endif
#endif

namespace kernelgate {
// Units of one program may be compiled for different processors: their packs are different types.
inline namespace KG_PACK_NAMESPACE {

/// Whether packs of more than one number are vectors of the compiler (hosts).
inline constexpr bool vector_packs = KG_VECTOR_PACKS != 0;

/// Numbers of 32 bits in the widest register of this unit's processor; 1 on devices.
#if !KG_VECTOR_PACKS
inline constexpr int native_lanes = 1;
#elif defined(__AVX512F__)
inline constexpr int native_lanes = 16;
#elif defined(__AVX2__)
inline constexpr int native_lanes = 8;
#else
inline constexpr int native_lanes = 4;
#endif

namespace pack_detail {
template <class T, int W>
struct Array {
  using type = T[W];
};
#if KG_VECTOR_PACKS
template <class T, int W>
struct Vector {
  using type [[gnu::vector_size(sizeof(T) * W)]] = T;
  // In memory. g++ copies 32 bytes in halves by way of the stack, tuned for any AVX2 processor.
  using stored [[gnu::vector_size(sizeof(T) * W), gnu::aligned(1), gnu::may_alias]] = T;
};
template <class T, int W>
struct Storage : Vector<T, W> {};
template <class T>
struct Storage<T, 1> : Array<T, 1> {};
#else
template <class T, int W>
struct Storage : Array<T, W> {};
#endif
}  // namespace pack_detail

/// W numbers of T (float, std::int32_t, std::uint32_t). W is a power of two.
template <class T, int W>
struct Pack {
  static constexpr int width = W;
  static constexpr bool vector = vector_packs && W > 1;

  typename pack_detail::Storage<T, W>::type at;

  KOKKOS_FORCEINLINE_FUNCTION T operator[](int i) const { return at[i]; }
};

/// The outcome of a comparison: all bits of a number set where it holds, none where it does not.
template <int W>
using Mask = Pack<std::int32_t, W>;

template <class P>
struct PackTraits;
template <class T, int W>
struct PackTraits<Pack<T, W>> {
  using Number = T;
};
template <class P>
using PackNumber = typename PackTraits<P>::Number;

/// P of W equal numbers.
template <class P>
KOKKOS_FORCEINLINE_FUNCTION P broadcast(PackNumber<P> x) {
  P p;
  if constexpr (P::vector) {
    p.at = x - decltype(p.at){};
  } else {
    KG_UNROLL for (int i = 0; i < P::width; ++i) p.at[i] = x;
  }
  return p;
}

/// P read from W neighbours, which need no alignment.
template <class P>
KOKKOS_FORCEINLINE_FUNCTION P load(const PackNumber<P>* from) {
  P p;
  if constexpr (P::vector) {
#if KG_VECTOR_PACKS
    using Stored = typename pack_detail::Vector<PackNumber<P>, P::width>::stored;
    p.at = *reinterpret_cast<const Stored*>(from);
#endif
  } else {
    KG_UNROLL for (int i = 0; i < P::width; ++i) p.at[i] = from[i];
  }
  return p;
}

template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION void store(T* to, const Pack<T, W>& p) {
  if constexpr (Pack<T, W>::vector) {
#if KG_VECTOR_PACKS
    *reinterpret_cast<typename pack_detail::Vector<T, W>::stored*>(to) = p.at;
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) to[i] = p.at[i];
  }
}

/// The bits of p as numbers of U.
template <class U, class T, int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<U, W> cast_bits(const Pack<T, W>& p) {
  static_assert(sizeof(U) == sizeof(T));
  using Out = Pack<U, W>;
  return __builtin_bit_cast(Out, p);
}

#define KG_PACK_OPERATOR(op)                                                                     \
  template <class T, int W>                                                                      \
  KOKKOS_FORCEINLINE_FUNCTION Pack<T, W> operator op(const Pack<T, W>& a, const Pack<T, W>& b) { \
    Pack<T, W> c;                                                                                \
    if constexpr (Pack<T, W>::vector) {                                                          \
      c.at = a.at op b.at;                                                                       \
    } else {                                                                                     \
      KG_UNROLL for (int i = 0; i < W; ++i) c.at[i] = a.at[i] op b.at[i];                        \
    }                                                                                            \
    return c;                                                                                    \
  }                                                                                              \
  template <class T, int W>                                                                      \
  KOKKOS_FORCEINLINE_FUNCTION Pack<T, W> operator op(const Pack<T, W>& a,                        \
                                                     PackNumber<Pack<T, W>> b) {                 \
    return a op broadcast<Pack<T, W>>(b);                                                        \
  }
KG_PACK_OPERATOR(+)
KG_PACK_OPERATOR(-)
KG_PACK_OPERATOR(*)
KG_PACK_OPERATOR(/)
KG_PACK_OPERATOR(&)
KG_PACK_OPERATOR(|)
KG_PACK_OPERATOR(^)
#undef KG_PACK_OPERATOR

#define KG_PACK_SHIFT(op)                                                               \
  template <class T, int W>                                                             \
  KOKKOS_FORCEINLINE_FUNCTION Pack<T, W> operator op(const Pack<T, W>& a, int places) { \
    Pack<T, W> c;                                                                       \
    if constexpr (Pack<T, W>::vector) {                                                 \
      c.at = a.at op places;                                                            \
    } else {                                                                            \
      KG_UNROLL for (int i = 0; i < W; ++i) c.at[i] = a.at[i] op places;                \
    }                                                                                   \
    return c;                                                                           \
  }
KG_PACK_SHIFT(<<)
KG_PACK_SHIFT(>>)
#undef KG_PACK_SHIFT

#define KG_PACK_COMPARISON(op)                                                                     \
  template <class T, int W>                                                                        \
  KOKKOS_FORCEINLINE_FUNCTION Mask<W> operator op(const Pack<T, W>& a, const Pack<T, W>& b) {      \
    Mask<W> c;                                                                                     \
    if constexpr (Pack<T, W>::vector) {                                                            \
      c.at = a.at op b.at;                                                                         \
    } else {                                                                                       \
      KG_UNROLL for (int i = 0; i < W; ++i) c.at[i] = a.at[i] op b.at[i] ? -1 : 0;                 \
    }                                                                                              \
    return c;                                                                                      \
  }                                                                                                \
  template <class T, int W>                                                                        \
  KOKKOS_FORCEINLINE_FUNCTION Mask<W> operator op(const Pack<T, W>& a, PackNumber<Pack<T, W>> b) { \
    return a op broadcast<Pack<T, W>>(b);                                                          \
  }
KG_PACK_COMPARISON(<)
KG_PACK_COMPARISON(>)
KG_PACK_COMPARISON(<=)
KG_PACK_COMPARISON(>=)
KG_PACK_COMPARISON(==)
KG_PACK_COMPARISON(!=)
#undef KG_PACK_COMPARISON

template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<T, W>& operator+=(Pack<T, W>& a, const Pack<T, W>& b) {
  return a = a + b;
}

/// x where the mask holds, y elsewhere.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<T, W> select(const Mask<W>& mask, const Pack<T, W>& x,
                                              const Pack<T, W>& y) {
  Pack<T, W> p;
  if constexpr (Pack<T, W>::vector) {
    p.at = mask.at ? x.at : y.at;
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = mask.at[i] != 0 ? x.at[i] : y.at[i];
  }
  return p;
}

/// The larger of each two numbers; b where a is NaN.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<T, W> max(const Pack<T, W>& a, const Pack<T, W>& b) {
  Pack<T, W> p;
  if constexpr (Pack<T, W>::vector) {
    p.at = a.at > b.at ? a.at : b.at;
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = a.at[i] > b.at[i] ? a.at[i] : b.at[i];
  }
  return p;
}

/// The first or the second half of a pack.
template <int Half, class T, int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<T, W / 2> half_of(const Pack<T, W>& p) {
  Pack<T, W / 2> h;
  if constexpr (Pack<T, W>::vector) {
    std::memcpy(&h, reinterpret_cast<const T*>(&p) + Half * (W / 2), sizeof(h));
  } else {
    KG_UNROLL for (int i = 0; i < W / 2; ++i) h.at[i] = p.at[Half * (W / 2) + i];
  }
  return h;
}

/// The sum of all numbers, as a tree of halves.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION T sum(const Pack<T, W>& p) {
  if constexpr (W == 1) {
    return p[0];
  } else {
    return sum(half_of<0>(p) + half_of<1>(p));
  }
}

/// The largest number; NaN is passed over where a number is left.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION T max_of(const Pack<T, W>& p) {
  if constexpr (W == 1) {
    return p[0];
  } else {
    return max_of(max(half_of<0>(p), half_of<1>(p)));
  }
}

/// first, first + 1, first + 2, ...
template <class P>
KOKKOS_FORCEINLINE_FUNCTION P counted_from(PackNumber<P> first) {
  P p;
  KG_UNROLL for (int i = 0; i < P::width; ++i) p.at[i] = static_cast<PackNumber<P>>(i);
  return p + first;
}

/// Bit i of the result: the mask holds for number i.
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

/// Bit i of the result: number i is at least `min`.
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

/// Stores the numbers whose bits are set, one behind the other. May write W numbers.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION void store_chosen(T* to, const Pack<T, W>& p, std::uint32_t bits) {
#if defined(__AVX512F__)
  if constexpr (W == 16) {
    const __m512i chosen =
        _mm512_maskz_compress_epi32(static_cast<__mmask16>(bits), __builtin_bit_cast(__m512i, p));
    _mm512_storeu_si512(to, chosen);
    return;
  }
#endif
  int n = 0;
  KG_UNROLL for (int i = 0; i < W; ++i) {
    if ((bits >> i & 1U) != 0) to[n++] = p.at[i];
  }
}

/// table[code & 15] for 16 numbers in memory.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> look_up(const float* table,
                                                   const Pack<std::uint32_t, W>& code) {
  using Out = Pack<float, W>;
#if defined(__AVX512F__)
  if constexpr (W == 16) {  // the instruction reads the index modulo 16
    return __builtin_bit_cast(Out,
                              _mm512_maskz_permutexvar_ps(0xFFFF, __builtin_bit_cast(__m512i, code),
                                                          _mm512_loadu_ps(table)));
  }
#elif defined(__AVX2__)
  if constexpr (W == 8) {  // each half modulo 8; bit 3, moved to the sign, chooses the half
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
// Numbers Start .. Start + W/2 - 1 of a and b in turn.
template <int Start, class T, int W, int... I>
[[gnu::always_inline]] inline Pack<T, W> interleave(const Pack<T, W>& a, const Pack<T, W>& b,
                                                    std::integer_sequence<int, I...>) {
  Pack<T, W> p;
  p.at = __builtin_shufflevector(a.at, b.at, ((I % 2 == 0 ? 0 : W) + Start + I / 2)...);
  return p;
}
// Numbers First, First + 2, ... of a followed by b.
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

/// Brings the cache line that holds `from` nearer on a host; the address need not be readable.
/// Nothing on a device, whose threads wait for each other instead.
KOKKOS_FORCEINLINE_FUNCTION void prefetch([[maybe_unused]] const void* from) {
#if KG_VECTOR_PACKS
  __builtin_prefetch(from, 0, 2);
  asm volatile("");  // or g++ drops calls of a function that does nothing else: it has no effect
#endif
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
