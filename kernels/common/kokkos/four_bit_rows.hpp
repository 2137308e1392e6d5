// A matrix of four-bit weights (spec 7.3) for portable and CPU kernels. It decodes the bits
// independently of harness/core/four_bit.hpp, so that the two can be checked against each other.
#pragma once

#include <cstdint>

#include "harness/core/number.hpp"

namespace kernelgate {

/// The value of an E2M1 code: a sign bit, two exponent bits, one fraction bit.
KG_FUNCTION float e2m1_value(std::uint32_t code) {
  const std::uint32_t size = code & 7U, sign = (code & 8U) << 28;
  const std::uint32_t half = size == 1 ? 0x3F000000U : 0U;  // the subnormal number
  return bits_to_float(sign |
                       (size < 2 ? half : (((size >> 1) + 126) << 23) | ((size & 1U) << 22)));
}

/// 2^(e - 127), exact: 2^-127 is subnormal in f32. NaN for 255.
KG_FUNCTION float e8m0_value(std::uint32_t e) {
  if (e == 0) return bits_to_float(0x00400000U);
  return bits_to_float(e == 255 ? 0x7FC00000U : e << 23);
}

/// The quantiles of NF4, selected by comparison: a table would be placed on a device's stack.
KG_FUNCTION float nf4_value(std::uint32_t code) {
  constexpr float values[16] = {-1.0F,        -0.6961928F,  -0.52507305F,  -0.3949175F,
                                -0.28444138F, -0.18477343F, -0.091050036F, 0.0F,
                                0.0795803F,   0.1609302F,   0.2461123F,    0.33791524F,
                                0.44070983F,  0.562617F,    0.72295684F,   1.0F};
  float value = values[0];
  for (std::uint32_t i = 1; i < 16; ++i) value = (code & 15U) == i ? values[i] : value;
  return value;
}

/// codes [rows,columns/2]; exponents or absmax [rows,columns/block], the other pointer is null.
/// MXFP4 has exponents and the even element in the low half of a byte; NF4 has absmax and the even
/// element in the high half.
struct FourBitRows {
  const std::uint8_t* codes = nullptr;
  const std::uint8_t* exponents = nullptr;
  const float* absmax = nullptr;
  std::int64_t columns = 0, block = 32;

  KG_FUNCTION float value(std::uint32_t code) const {
    return exponents != nullptr ? e2m1_value(code) : nf4_value(code);
  }
  KG_FUNCTION float scale(std::int64_t row, std::int64_t column) const {
    const std::int64_t at = row * (columns / block) + column / block;
    return exponents != nullptr ? e8m0_value(exponents[at]) : absmax[at];
  }
  KG_FUNCTION std::uint32_t code(std::int64_t row, std::int64_t column) const {
    const std::uint32_t both = codes[(row * columns + column) / 2];
    const bool low = (column % 2 == 0) == (exponents != nullptr);
    return low ? both & 15U : both >> 4;
  }
  KG_FUNCTION float at(std::int64_t row, std::int64_t column) const {
    return value(code(row, column)) * scale(row, column);
  }
  /// Loads N adjacent numbers starting at a multiple of N; N divides 32.
  template <int N>
  KG_FUNCTION void load(std::int64_t row, std::int64_t column, float (&out)[N]) const {
    const float factor = scale(row, column);
    for (int i = 0; i < N; ++i) out[i] = value(code(row, column + i)) * factor;
  }
  /// The matrix without its first `row` rows.
  KG_FUNCTION FourBitRows from(std::int64_t row) const {
    const std::int64_t blocks = row * (columns / block);
    return {codes + row * columns / 2, exponents != nullptr ? exponents + blocks : nullptr,
            absmax != nullptr ? absmax + blocks : nullptr, columns, block};
  }
};

}  // namespace kernelgate
