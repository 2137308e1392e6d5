// Converts a case's tensors of codes and scales to FourBitRows.
#pragma once

#include "harness/core/four_bit.hpp"
#include "harness/core/tensor.hpp"
#include "kernels/common/kokkos/four_bit_rows.hpp"

namespace kernelgate {

inline FourBitRows four_bit_rows(const FourBitLayout& layout, std::int64_t columns,
                                 const Tensor& codes, const Tensor& scales) {
  FourBitRows rows{
      .codes = codes.as<std::uint8_t>().data(), .columns = columns, .block = layout.block};
  if (layout.format == FourBitFormat::nf4) {
    rows.absmax = scales.as<float>().data();
  } else {
    rows.exponents = scales.as<std::uint8_t>().data();
  }
  return rows;
}

}  // namespace kernelgate
