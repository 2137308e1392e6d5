// A matrix of numbers of a storage type as portable kernels read it, beside FourBitRows.
#pragma once

#include <cstdint>

#include "harness/core/number.hpp"

namespace kernelgate {

/// Rows of numbers of T; what FourBitRows offers too.
template <class T>
struct StoredRows {
  const T* data = nullptr;
  std::int64_t columns = 0;

  KG_FUNCTION float at(std::int64_t row, std::int64_t column) const {
    return to_float(data[row * columns + column]);
  }
  template <int N>
  KG_FUNCTION void load(std::int64_t row, std::int64_t column, float (&out)[N]) const {
    for (int i = 0; i < N; ++i) out[i] = to_float(data[row * columns + column + i]);
  }
};

}  // namespace kernelgate
