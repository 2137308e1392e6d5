// Kernel instances of linear: storage type, wave width, and tokens at once or, on matrix
// instructions, the tile.
#pragma once

#include <iterator>

#include "kernels/linear/linear_kernel.hpp"
#include "kernels/linear/linear_matrix_entries.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

#define LINEAR_ENTRIES(T, type, W)                                                                \
  K_ENTRY("linear_rows<" type ",w" #W ",tokens1>", (linear_rows_kernel<T, W, 1>), W, 256,         \
          LinearNoShared),                                                                        \
      K_ENTRY("linear_rows<" type ",w" #W ",tokens4>", (linear_rows_kernel<T, W, 4>), W, 256,     \
              LinearNoShared),                                                                    \
      K_ENTRY("linear_sum<" type ",w" #W ">", (linear_sum_kernel<T, W>), W, 256, LinearNoShared), \
      K_ENTRY("linear_tiles<" type ",w" #W ">", (linear_tiles_kernel<T, W>), W, 256,              \
              KTileShared<64>)

inline NativeEntries linear_entries() {
  static const NativeEntry entries[] = {
      LINEAR_ENTRIES(float, "f32", 32),        LINEAR_ENTRIES(float, "f32", 64),
      LINEAR_ENTRIES(Bf16, "bf16", 32),        LINEAR_ENTRIES(Bf16, "bf16", 64),
      LINEAR_ENTRIES(F16, "f16", 32),          LINEAR_ENTRIES(F16, "f16", 64),
      LINEAR_MATRIX_ENTRIES(Bf16, "bf16", 32), LINEAR_MATRIX_ENTRIES(Bf16, "bf16", 64),
      LINEAR_MATRIX_ENTRIES(F16, "f16", 32),   LINEAR_MATRIX_ENTRIES(F16, "f16", 64)};
  return {entries, static_cast<std::int64_t>(std::size(entries))};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
