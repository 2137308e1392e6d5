// Fills inputs of kernels that read four-bit weights: codes and scales are a function of a key.
#pragma once

#include <cstdint>

#include "harness/core/fill.hpp"
#include "harness/core/four_bit.hpp"

namespace kernelgate {

/// Patterns of the scales. edges, by row modulo 4: 0 as plain; 1 one block's scale is NaN; 2 one
/// block is zeros (MXFP4: zero codes of both signs under a scale byte of 0 or 127; NF4: absmax 0);
/// 3 all scales are tiny (MXFP4: byte 0, below f32's normal numbers; NF4: 2^-100).
enum class ScalePattern { plain, edges };

struct FourBitFill {
  std::uint64_t key = 0;
  DataMode mode = DataMode::real;
  ScalePattern pattern = ScalePattern::plain;
  /// Real mode: approximate standard deviation of the weights. Exact mode: all weights are
  /// multiples of this unit, a power of two.
  double size = 1;
};

/// Exact mode: the largest weight in units. Weights are nonzero except in blocks of zeros. MXFP4
/// has steps of half a scale and four consecutive scales, 1 to 8. NF4 uses only the codes of -1 and
/// 1, with an integer absmax of 1 to 8.
std::int64_t largest_exact_weight(FourBitFormat format);

/// Fills `codes` [rows,columns/2] u8 and `scales` [rows,columns/block]. Real mode uses all 16
/// codes. Scales change from block to block, so that use of an adjacent block's scale is detected.
void fill_four_bit(const FourBitLayout& layout, std::int64_t rows, std::int64_t columns,
                   Tensor& codes, Tensor& scales, const FourBitFill& how);

}  // namespace kernelgate
