// MXFP4 rows times one token in integer arithmetic, for processors that multiply bytes (AVX-512
// with VNNI and VBMI). Twice an MXFP4 value is an integer up to 12, and the bf16 activations of a
// stretch are integer multiples of a common unit, so their products are sums of byte products: 64
// at once, exact, without widening. A look-up in f32 lanes (four_bit_dots.hpp) takes 1.6 times the
// instructions.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "kernels/common/cpu/few_tokens.hpp"
#include "kernels/common/cpu/four_bit_streams.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

namespace detail {

/// Maximum row length in stretches: the activations are kept on the stack.
inline constexpr std::int64_t max_stretches = 64;
/// The offset added to twice a value to make it unsigned.
inline constexpr int code_offset = 12;

using LaneInts [[gnu::vector_size(64)]] = std::int32_t;

/// 128 activations as multiples of a unit, in four base-256 digits from -128 to 127.
struct DigitStretch {
  alignas(64) std::int8_t digits[4][2][64];  // [digit][partner of low or high halves][byte]
  alignas(64) std::int32_t start[4][16];     // cancels code_offset's part of the sums
};

/// The scale of a stretch's digits.
struct StretchUnit {
  float unit;   // of the second digit; that of the first is 1/256 of it
  bool narrow;  // the first digits are all 0, as in most stretches of bf16
};

/// The digits of one token's activations.
struct DigitToken {
  DigitStretch stretches[max_stretches];
  StretchUnit units[max_stretches];

  /// Converts `groups` groups of f32 laid out by grouped_place(). Returns false if a number is not
  /// a multiple of its stretch's unit, 2^-30 of the power of two above the largest one, or is far
  /// out of range.
  bool take(const float* grouped, std::int64_t groups) {
    for (std::int64_t g = 0; g < groups; g += stretch_groups) {
      const std::int64_t s = g / stretch_groups;
      if (!take_stretch(grouped + g * group_terms, std::min(stretch_groups, groups - g),
                        stretches[s], units[s])) {
        return false;
      }
    }
    return true;
  }

 private:
  static bool take_stretch(const float* x, std::int64_t groups, DigitStretch& to,
                           StretchUnit& unit) {
    constexpr std::int64_t half = group_terms / 2;
    static_assert(half == lane_count);
    LaneBits largest{};  // magnitudes of floats are ordered like integers, with NaN at the top
    for (std::int64_t i = 0; i < 2 * groups; ++i) {
      const LaneBits size = reinterpret_cast<LaneBits>(load_lanes(x + i * half)) & 0x7FFFFFFFU;
      largest = size > largest ? size : largest;
    }
    std::uint32_t most = 0;
    for (int i = 0; i < lane_count; ++i) most = std::max(most, largest[i]);
    const int exponent = most == 0 ? 0 : static_cast<int>(most >> 23) - 127;
    if (exponent < -64 || exponent > 64) return false;  // scales might leave f32's range
    unit.unit = std::bit_cast<float>(static_cast<std::uint32_t>(exponent - 21 + 127) << 23);
    const Lanes by =
        all_lanes(std::bit_cast<float>(static_cast<std::uint32_t>(29 - exponent + 127) << 23));
    const LaneBits balance = LaneBits{} + 0x80808080U;
    LaneBits broken{}, low_digits{};
    for (std::int64_t i = 0; i < 2 * stretch_groups; ++i) {
      const Lanes scaled = i < 2 * groups ? load_lanes(x + i * half) * by : Lanes{};
      const LaneInts number = __builtin_convertvector(scaled, LaneInts);
      broken |= reinterpret_cast<LaneBits>(__builtin_convertvector(number, Lanes) != scaled);
      // The bytes of x + 0x80808080, each minus 128, are the digits.
      const LaneBits digits = (reinterpret_cast<LaneBits>(number) + balance) ^ balance;
      low_digits |= digits & 0xFFU;
      for (int d = 0; d < 4; ++d) {
        _mm_store_si128(reinterpret_cast<__m128i*>(&to.digits[d][i % 2][i / 2 * half]),
                        _mm512_maskz_cvtepi32_epi8(0xFFFF, as_vector(digits >> (8 * d))));
      }
    }
    const __m512i offset = _mm512_set1_epi8(code_offset);
    for (int d = 0; d < 4; ++d) {
      __m512i sum = _mm512_setzero_si512();
      for (const auto& bytes : to.digits[d]) {
        sum = _mm512_dpbusd_epi32(sum, offset, _mm512_load_si512(bytes));
      }
      _mm512_store_si512(to.start[d], _mm512_sub_epi32(_mm512_setzero_si512(), sum));
    }
    for (int i = 1; i < lane_count; ++i) {
      broken[0] |= broken[i];
      low_digits[0] |= low_digits[i];
    }
    unit.narrow = low_digits[0] == 0;
    return broken[0] == 0;
  }
};

/// One token's products, for dot_rows_in_streams(). Sums are rounded to f32 only at the end, in two
/// steps if all four digits are used.
class DigitProducts {
 public:
  static constexpr int tokens = 1;
  static constexpr float unit = 0.5F;
  struct Found {
    __m512i low, high;
  };

  explicit DigitProducts(const DigitToken& x) : x_(x) {
    alignas(64) std::uint8_t values[64];
    for (std::uint32_t i = 0; i < 64; ++i) {
      values[i] = static_cast<std::uint8_t>(2 * e2m1_value(i % 16) + code_offset);
    }
    table_ = _mm512_load_si512(values);
  }

  /// The look-up uses six bits of the index; the table repeats, so only four matter.
  [[gnu::always_inline]] Found look_up(__m512i codes) const {
    constexpr __mmask64 all_bytes = ~__mmask64{0};
    return {_mm512_maskz_permutexvar_epi8(all_bytes, codes, table_),
            _mm512_maskz_permutexvar_epi8(all_bytes, as_vector(as_lanes(codes) >> 4), table_)};
  }

  [[gnu::always_inline]] Lanes quarter_sums(const Found& found, std::int64_t s, int) const {
    const DigitStretch& x = x_.stretches[s];
    const StretchUnit& of_stretch = x_.units[s];
    const auto sum_of = [&](int d) {
      __m512i sum = _mm512_load_si512(x.start[d]);
      sum = _mm512_dpbusd_epi32(sum, found.low, _mm512_load_si512(x.digits[d][0]));
      sum = _mm512_dpbusd_epi32(sum, found.high, _mm512_load_si512(x.digits[d][1]));
      return as_lanes(sum);
    };
    const auto in_lanes = [](LaneBits bits) {
      return __builtin_convertvector(reinterpret_cast<LaneInts>(bits), Lanes);
    };
    // A digit's sum is at most 12 * 128 * 8 = 12,288: three combined digits fit in 32 bits.
    Lanes sums = in_lanes((sum_of(3) << 16) + (sum_of(2) << 8) + sum_of(1));
    if (!of_stretch.narrow) sums += in_lanes(sum_of(0)) * 0x1p-8F;
    return sums * of_stretch.unit;
  }

 private:
  const DigitToken& x_;
  __m512i table_;
};

}  // namespace detail

/// Calls write(0, row, sum over k of weight[row][k] x[k]) for rows begin .. end - 1 and the one
/// token of x, laid out by grouped_place(). Returns false and writes nothing if the weight is not
/// MXFP4 or x is not an integer number of units; use dot_four_bit_rows() then. The order of a sum
/// depends only on the number of terms; the choice of the path also depends on x.
template <class Write>
bool dot_four_bit_rows_in_integers(const FourBitRows& w, std::int64_t begin, std::int64_t end,
                                   const FewTokens& x, const Write& write) {
  using namespace detail;
  const std::int64_t groups = w.columns / group_terms;
  if (w.exponents == nullptr || groups > max_stretches * stretch_groups) return false;
  alignas(64) DigitToken token;
  if (!token.take(x.data, groups)) return false;
  dot_rows_in_streams(w, begin, end, DigitProducts(token), write);
  return true;
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
