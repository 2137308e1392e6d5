// Inputs of kernels that read four-bit weights: codes and scales, a function of a key.
#pragma once

#include <cstdint>

#include "harness/core/fill.hpp"
#include "harness/core/four_bit.hpp"

namespace kernelgate {

/// Which scales the weights have. edges, by row modulo 4: 0 as plain; 1 one block's scale is NaN; 2
/// one block is zeros (MXFP4: by its codes, of both signs, under a scale byte of 0 or 127; NF4: by
/// absmax 0); 3 all scales are tiny (MXFP4: byte 0, below f32's normal numbers; NF4: 2^-100).
enum class ScalePattern { plain, edges };

struct FourBitFill {
  std::uint64_t key = 0;
  DataMode mode = DataMode::real;
  ScalePattern pattern = ScalePattern::plain;
  /// Real: the weights' deviation, about. Exact: the unit of which all weights are multiples, a
  /// power of two.
  double size = 1;
};

/// Exact mode: the largest weight in units, and weights are never 0 but in blocks of zeros. MXFP4
/// has steps of half a scale and four scales in a row, 1 to 8; NF4 the codes of -1 and 1 alone,
/// under whole absmax of 1 to 8.
std::int64_t largest_exact_weight(FourBitFormat format);

/// `codes` [rows,columns/2] u8, `scales` [rows,columns/block]. Real mode has all 16 codes; scales
/// change from block to block, so that one of a neighbour shows.
void fill_four_bit(const FourBitLayout& layout, std::int64_t rows, std::int64_t columns,
                   Tensor& codes, Tensor& scales, const FourBitFill& how);

}  // namespace kernelgate
