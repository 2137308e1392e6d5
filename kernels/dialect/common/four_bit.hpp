// Four-bit weights in a kernel (spec 7.3): a table of 16 values in shared memory, codes eight to a
// word, a scale for each block. For kernels to include after <dialect.hpp>.
#pragma once

#include "kernels/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_FLAVOUR {

/// The value of an E2M1 code, from its bits.
KDEV float k_e2m1(u32 code) {
  const u32 size = code & 7U, sign = (code & 8U) << 28;
  const u32 half = size == 1 ? 0x3F000000U : 0U;  // below the first normal number
  return k_float(sign | (size < 2 ? half : (((size >> 1) + 126) << 23) | ((size & 1U) << 22)));
}

/// 2^(e - 127); 2^-127 is below the normal numbers, and 255 is NaN.
KDEV float k_e8m0(u32 e) {
  if (e == 0) return k_float(0x00400000U);
  return k_float(e == 255 ? 0x7FC00000U : e << 23);
}

/// The quantiles of NF4.
KDEV float k_nf4(u32 code) {
  constexpr float values[16] = {-1.0F,        -0.6961928F,  -0.52507305F,  -0.3949175F,
                                -0.28444138F, -0.18477343F, -0.091050036F, 0.0F,
                                0.0795803F,   0.1609302F,   0.2461123F,    0.33791524F,
                                0.44070983F,  0.562617F,    0.72295684F,   1.0F};
  return values[code & 15U];
}

/// Codes that one word holds.
inline constexpr u32 k_codes_a_word = 8;

/// Rows of four-bit weights: MXFP4 with exponents, the even element in the low half of a byte; NF4
/// with absmax, the even element in the high half. The other scales are null. Rows are whole blocks
/// of 2^block_bits, at least 32.
struct KFourBitRows {
  const u32* codes;
  const std::uint8_t* exponents;
  const float* absmax;
  u32 columns, block_bits;

  /// The 16 values by the block's threads. A barrier must follow.
  KDEV void fill_table(float (&table)[16]) const {
    if (k_tid() < 16) table[k_tid()] = exponents != nullptr ? k_e2m1(k_tid()) : k_nf4(k_tid());
  }
  KDEV float scale(u32 row, u32 column) const {
    const u64 at = static_cast<u64>(row) * (columns >> block_bits) + (column >> block_bits);
    return exponents != nullptr ? k_e8m0(exponents[at]) : absmax[at];
  }
  /// Where the codes of a column, a multiple of eight, lie.
  KDEV const u32* word(u32 row, u32 column) const {
    return codes + (static_cast<u64>(row) * columns + column) / k_codes_a_word;
  }
  /// The place of element j of a word's eight, counted in codes.
  KDEV u32 place(u32 j) const { return exponents != nullptr ? j : j ^ 1U; }
  /// Four decoded weights from a column on that is a multiple of four.
  KDEV void load_four(const float (&table)[16], u32 row, u32 column, float (&four)[4]) const {
    const u32 codes_of = *word(row, column) >> (column % k_codes_a_word * 4);
    const float factor = scale(row, column);
    K_UNROLL
    for (u32 j = 0; j < 4; ++j) four[j] = table[(codes_of >> (4 * place(j))) & 15U] * factor;
  }
  /// The same where the row is `there`, else zeros.
  KDEV void load_four_or_zeros(const float (&table)[16], bool there, u32 row, u32 column,
                               float (&four)[4]) const {
    if (there) {
      load_four(table, row, column, four);
      return;
    }
    K_UNROLL
    for (int j = 0; j < 4; ++j) four[j] = 0;
  }
};

}  // namespace KG_FLAVOUR
}  // namespace kernelgate
