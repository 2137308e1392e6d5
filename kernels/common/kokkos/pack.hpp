// Packs: W numbers processed together by one work item. On a host a pack is one vector register, on
// a device W scalars, so the same source compiles to vector code on a host and scalar code on a
// device. Among the portable kernels' files, only the pack headers use intrinsics
// (docs/fast-portable-code.md).
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <cstring>

#include "harness/core/number.hpp"
#include "kernels/common/kokkos/pack_target.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

namespace pack_detail {
template <class T, int W>
struct Array {
  using type = T[W];
};
#if KG_VECTOR_PACKS
template <class T, int W>
struct Vector {
  using type [[gnu::vector_size(sizeof(T) * W)]] = T;
};
// The same without alignment. Without tuning for a processor, g++ copies a vector's bytes in
// halves.
template <class T, int W>
struct VectorInMemory {
  using type [[gnu::vector_size(sizeof(T) * W), gnu::aligned(alignof(T)), gnu::may_alias]] = T;
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

/// The result of a comparison: all bits of a number are set if it holds, none if not.
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

/// P with W equal numbers.
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

/// Reads P from W adjacent numbers, which need no alignment.
template <class P>
KOKKOS_FORCEINLINE_FUNCTION P load(const PackNumber<P>* from) {
  P p;
  if constexpr (P::vector) {
#if KG_VECTOR_PACKS
    using Memory = typename pack_detail::VectorInMemory<PackNumber<P>, P::width>::type;
    p.at = *reinterpret_cast<const Memory*>(from);
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
    *reinterpret_cast<typename pack_detail::VectorInMemory<T, W>::type*>(to) = p.at;
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) to[i] = p.at[i];
  }
}

/// Reinterprets the bits of p as numbers of type U.
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

/// Shifts number i right by places[i].
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<std::uint32_t, W> operator>>(
    const Pack<std::uint32_t, W>& a, const Pack<std::uint32_t, W>& places) {
  Pack<std::uint32_t, W> c;
  if constexpr (Pack<std::uint32_t, W>::vector) {
    c.at = a.at >> places.at;
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) c.at[i] = a.at[i] >> places.at[i];
  }
  return c;
}

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

/// x where the mask is set, y elsewhere.
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

/// The larger number of each pair; b where a is NaN.
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

/// The smaller number of each pair; b where a is NaN.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<T, W> min(const Pack<T, W>& a, const Pack<T, W>& b) {
  Pack<T, W> p;
  if constexpr (Pack<T, W>::vector) {
    p.at = a.at < b.at ? a.at : b.at;
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = a.at[i] < b.at[i] ? a.at[i] : b.at[i];
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

/// The sum of all numbers, added as a tree of halves.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION T sum(const Pack<T, W>& p) {
  if constexpr (W == 1) {
    return p[0];
  } else {
    return sum(half_of<0>(p) + half_of<1>(p));
  }
}

/// The largest number; NaN is ignored where max() has it as its first operand.
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

/// Number i is from[i / Each]: W / Each adjacent numbers, each repeated Each times.
template <class P, int Each>
KOKKOS_FORCEINLINE_FUNCTION P repeat(const PackNumber<P>* from) {
  P p = broadcast<P>(from[0]);
  if constexpr (P::vector) {
    const auto index = counted_from<Pack<std::int32_t, P::width>>(0);
    KG_UNROLL for (int j = 1; j < P::width / Each; ++j) {
      p = select(index >= j * Each, broadcast<P>(from[j]), p);
    }
  } else {
    KG_UNROLL for (int i = 0; i < P::width; ++i) p.at[i] = from[i / Each];
  }
  return p;
}

/// Each number truncated towards 0. It must be within the range of std::int32_t.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<std::int32_t, W> truncated(const Pack<float, W>& p) {
  Pack<std::int32_t, W> n;
  if constexpr (Pack<float, W>::vector) {
#if KG_VECTOR_PACKS
    n.at = __builtin_convertvector(p.at, decltype(n.at));
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) n.at[i] = static_cast<std::int32_t>(p.at[i]);
  }
  return n;
}

/// Each number as f32, rounded to nearest.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> floats_of(const Pack<std::int32_t, W>& n) {
  Pack<float, W> p;
  if constexpr (Pack<float, W>::vector) {
#if KG_VECTOR_PACKS
    p.at = __builtin_convertvector(n.at, decltype(p.at));
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = static_cast<float>(n.at[i]);
  }
  return p;
}

/// The lower and the upper 32 bits of each product a b.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION void multiply_wide(const Pack<std::uint32_t, W>& a, std::uint32_t b,
                                               Pack<std::uint32_t, W>& low,
                                               Pack<std::uint32_t, W>& high) {
  using U [[maybe_unused]] = Pack<std::uint32_t, W>;
#if defined(__AVX512F__)
  if constexpr (W == 16) {
    const __m512i x = __builtin_bit_cast(__m512i, a), y = _mm512_set1_epi32(static_cast<int>(b));
    const __m512i even = _mm512_maskz_mul_epu32(0xFF, x, y);
    const __m512i odd = _mm512_maskz_mul_epu32(0xFF, _mm512_maskz_srli_epi64(0xFF, x, 32), y);
    high = __builtin_bit_cast(
        U, _mm512_mask_blend_epi32(0xAAAA, _mm512_maskz_srli_epi64(0xFF, even, 32), odd));
    low = __builtin_bit_cast(
        U, _mm512_mask_blend_epi32(0xAAAA, even, _mm512_maskz_slli_epi64(0xFF, odd, 32)));
    return;
  }
#elif defined(__AVX2__)
  if constexpr (W == 8) {
    const __m256i x = __builtin_bit_cast(__m256i, a), y = _mm256_set1_epi32(static_cast<int>(b));
    const __m256i even = _mm256_mul_epu32(x, y);
    const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), y);
    low = __builtin_bit_cast(U, _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA));
    high = __builtin_bit_cast(U, _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA));
    return;
  }
#endif
  KG_UNROLL for (int i = 0; i < W; ++i) {
    const std::uint64_t product = static_cast<std::uint64_t>(a.at[i]) * b;
    low.at[i] = static_cast<std::uint32_t>(product);
    high.at[i] = static_cast<std::uint32_t>(product >> 32);
  }
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
