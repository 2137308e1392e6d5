// MXFP4 rows times a few bf16 tokens by products of pairs (AVX512_BF16, pair_lanes.hpp). MXFP4
// values are exact in bf16, so codes need one look-up of 16-bit numbers and activations need no
// conversion. On processors with fast pair products it takes two thirds of the time of integer
// arithmetic.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernels/common/cpu/few_tokens.hpp"
#include "kernels/common/cpu/four_bit_streams.hpp"
#include "kernels/common/cpu/pair_lanes.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// The position of element k of a token's activations, in words of bf16. Of 128 adjacent elements,
/// those multiplied with the lowest four bits of each 16-bit word of codes come first, then those
/// of the next four bits, and so on.
inline std::int64_t pair_place(std::int64_t k) { return k / 128 * 128 + k % 4 * 32 + k % 128 / 4; }

#ifdef KERNELGATE_PAIR_LANES
/// Whether to use dot_four_bit_rows_in_pairs(). Zen 4 starts a product of pairs every cycle,
/// Sapphire Rapids every 2.3 cycles, where integer arithmetic is faster
/// (results/notes/performance-2026-11.md).
inline bool pairs_suit(const FourBitRows& w) {
  static const bool quick = __builtin_cpu_is("amd") != 0;
  return quick && w.exponents != nullptr && w.columns % detail::stretch_terms == 0;
}

/// Stores a token's activations at their pair_place() positions.
inline void lay_out_pairs(const bf16* x, std::int64_t terms, std::uint16_t* to) {
  for (std::int64_t k = 0; k < terms; k += detail::stretch_terms) {
    for (std::int64_t part = 0; part < 4; ++part) {  // elements for eight words
      const __m512i fours = _mm512_loadu_si512(x + k + part * 32);
#pragma GCC unroll 4
      for (std::int64_t n = 0; n < 4; ++n) {
        const auto shift = static_cast<unsigned>(16 * n);
        const __m128i eight =
            _mm512_maskz_cvtepi64_epi16(0xFF, _mm512_maskz_srli_epi64(0xFF, fours, shift));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + k + n * 32 + part * 8), eight);
      }
    }
  }
}

namespace detail {

/// The products of `Tokens` tokens, `stride` words apart, for dot_rows_in_streams().
template <int Tokens>
class PairProducts {
 public:
  static constexpr int tokens = Tokens;
  static constexpr float unit = 1;
  struct Found {
    Lanes values[4];
  };

  PairProducts(const std::uint16_t* x, std::int64_t stride) : x_(x), stride_(stride) {
    alignas(64) std::uint16_t values[2 * lane_count];
    for (std::uint32_t i = 0; i < 2 * lane_count; ++i) {
      const auto bits = std::bit_cast<std::uint32_t>(e2m1_value(i % 16));
      values[i] = static_cast<std::uint16_t>(bits >> 16);
    }
    table_ = _mm512_load_si512(values);
  }

  /// The look-up uses five bits of the index; the table repeats, so only four matter.
  [[gnu::always_inline]] Found look_up(__m512i codes) const {
    Found found;
#pragma GCC unroll 4
    for (int n = 0; n < 4; ++n) {
      const __m512i lowest = as_vector(as_lanes(codes) >> (4 * n));
      found.values[n] =
          std::bit_cast<Lanes>(_mm512_maskz_permutexvar_epi16(~__mmask32{0}, lowest, table_));
    }
    return found;
  }

  [[gnu::always_inline]] Lanes quarter_sums(const Found& found, std::int64_t s, int t) const {
    const std::uint16_t* partners = x_ + t * stride_ + s * stretch_terms;
    Lanes sum{};
#pragma GCC unroll 4
    for (int n = 0; n < 4; ++n) {
      const __m512i words = _mm512_loadu_si512(partners + n * 2 * lane_count);
      sum = add_pairs(sum, found.values[n], std::bit_cast<Lanes>(words));
    }
    return sum;
  }

 private:
  const std::uint16_t* x_;
  std::int64_t stride_;
  __m512i table_;
};

/// Whether a number is so small that a product or a difference of sums may be subnormal in f32,
/// which pair products flush to zero. This cannot happen from 2^-100 on, where products are
/// multiples of 2^-108.
inline bool has_tiny(const std::uint16_t* words, std::int64_t count) {
  using Words [[gnu::vector_size(64)]] = std::uint16_t;
  constexpr std::uint16_t smallest = (127 - 100) << 7, size_bits = 0x7FFF;
  Words tiny{};
  for (std::int64_t i = 0; i < count; i += 2 * lane_count) {
    Words x;
    std::memcpy(&x, words + i, sizeof x);
    x = (x & size_bits) - std::uint16_t{1};  // zeros wrap to the maximum
    tiny |= reinterpret_cast<Words>(x < static_cast<std::uint16_t>(smallest - 1));
  }
  for (int i = 1; i < 2 * lane_count; ++i) tiny[0] |= tiny[i];
  return tiny[0] != 0;
}

}  // namespace detail

/// Calls write(token, row, sum over k of weight[row][k] x[token][k]) for rows begin .. end - 1 and
/// all of 1 to few_tokens tokens, `stride` words apart, laid out by pair_place(). Returns false and
/// writes nothing if a number is tiny; the caller then uses another path. The order of a sum
/// depends only on the number of terms.
template <class Write>
bool dot_four_bit_rows_in_pairs(const FourBitRows& w, std::int64_t begin, std::int64_t end,
                                const std::uint16_t* x, std::int64_t stride, std::int64_t tokens,
                                const Write& write) {
  for (std::int64_t t = 0; t < tokens; ++t) {
    if (detail::has_tiny(x + t * stride, w.columns)) return false;
  }
  const auto dots = [&]<int... T>(std::integer_sequence<int, T...>) {
    ((tokens == T + 1 ? detail::dot_rows_in_streams(w, begin, end,
                                                    detail::PairProducts<T + 1>(x, stride), write)
                      : void()),
     ...);
  };
  dots(std::make_integer_sequence<int, few_tokens>{});
  return true;
}
#else
// Stubs for builds without products of pairs.
inline bool pairs_suit(const FourBitRows&) { return false; }
inline void lay_out_pairs(const bf16*, std::int64_t, std::uint16_t*) {}
template <class Write>
bool dot_four_bit_rows_in_pairs(const FourBitRows&, std::int64_t, std::int64_t,
                                const std::uint16_t*, std::int64_t, std::int64_t, const Write&) {
  return false;
}
#endif

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
