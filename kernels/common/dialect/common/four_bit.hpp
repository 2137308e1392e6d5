// Four-bit weights in a kernel (spec 7.3): a table of 16 values in shared memory, eight codes per
// word, one scale per block. Include after <dialect.hpp>.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// The value of an E2M1 code, from its bits.
KDEV float k_e2m1(u32 code) {
  const u32 size = code & 7U, sign = (code & 8U) << 28;
  const u32 half = size == 1 ? 0x3F000000U : 0U;  // below the first normal number
  return k_float(sign | (size < 2 ? half : (((size >> 1) + 126) << 23) | ((size & 1U) << 22)));
}

/// 2^(e - 127), the value of an E8M0 scale. 2^-127 is subnormal, and 255 is NaN.
KDEV float k_e8m0(u32 e) {
  if (e == 0) return k_float(0x00400000U);
  return k_float(e == 255 ? 0x7FC00000U : e << 23);
}

/// The value of an NF4 code: one of its quantiles.
KDEV float k_nf4(u32 code) {
  constexpr float values[16] = {-1.0F,        -0.6961928F,  -0.52507305F,  -0.3949175F,
                                -0.28444138F, -0.18477343F, -0.091050036F, 0.0F,
                                0.0795803F,   0.1609302F,   0.2461123F,    0.33791524F,
                                0.44070983F,  0.562617F,    0.72295684F,   1.0F};
  return values[code & 15U];
}

/// Codes per word.
inline constexpr u32 k_codes_per_word = 8;

/// Rows of four-bit weights. MXFP4 uses `exponents` and has the even element in the low half of a
/// byte; NF4 uses `absmax` and has it in the high half. The other pointer is null. A row is a whole
/// number of blocks of 2^block_bits weights, at least 32.
struct KFourBitRows {
  const u32* codes;
  const std::uint8_t* exponents;
  const float* absmax;
  u32 columns, block_bits;

  /// The block's threads fill the table of 16 values. A barrier must follow.
  KDEV void fill_table(float (&table)[16]) const {
    if (k_tid() < 16) table[k_tid()] = exponents != nullptr ? k_e2m1(k_tid()) : k_nf4(k_tid());
  }
  KDEV float scale(u32 row, u32 column) const {
    const u64 at = static_cast<u64>(row) * (columns >> block_bits) + (column >> block_bits);
    return exponents != nullptr ? k_e8m0(exponents[at]) : absmax[at];
  }
  /// Address of the word that contains the code of a column.
  KDEV const u32* word(u32 row, u32 column) const {
    return codes + (static_cast<u64>(row) * columns + column) / k_codes_per_word;
  }
  /// Position of element j within a word of eight codes.
  KDEV u32 place(u32 j) const { return exponents != nullptr ? j : j ^ 1U; }
  /// Decodes four weights, from a column that is a multiple of four.
  KDEV void load_four(const float (&table)[16], u32 row, u32 column, float (&four)[4]) const {
    const u32 codes_of = *word(row, column) >> (column % k_codes_per_word * 4);
    const float factor = scale(row, column);
    K_UNROLL
    for (u32 j = 0; j < 4; ++j) four[j] = table[(codes_of >> (4 * place(j))) & 15U] * factor;
  }
  /// As load_four() if the row is `there`, else zeros.
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

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
