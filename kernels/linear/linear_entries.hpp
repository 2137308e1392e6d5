// Kernel instances of linear: storage type, wave width, and tokens at once or, on matrix
// instructions, the tile.
#pragma once

#include "kernels/linear/linear_kernel.hpp"
#include "kernels/linear/linear_matrix_entries.hpp"

#define LINEAR_ENTRIES(T, type, W)                                                                \
  K_ENTRY(K_NAME(linear_rows_name(type, W, 1)), (linear_rows_kernel<T, W, 1>), W, linear_threads, \
          LinearNoShared),                                                                        \
      K_ENTRY(K_NAME(linear_rows_name(type, W, 4)), (linear_rows_kernel<T, W, 4>), W,             \
              linear_threads, LinearNoShared),                                                    \
      K_ENTRY(K_NAME(linear_sum_name(type, W)), (linear_sum_kernel<T, W>), W, linear_threads,     \
              LinearNoShared),                                                                    \
      K_ENTRY(K_NAME(linear_tiles_name(type, W)), (linear_tiles_kernel<T, W>), W, linear_threads, \
              KTileShared<linear_tile>)

K_ENTRIES(linear, K_EACH_TYPE_AND_WAVE(LINEAR_ENTRIES), LINEAR_MATRIX_ENTRIES(Bf16, "bf16", 32),
          LINEAR_MATRIX_ENTRIES(Bf16, "bf16", 64), LINEAR_MATRIX_ENTRIES(F16, "f16", 32),
          LINEAR_MATRIX_ENTRIES(F16, "f16", 64))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(linear_few, LINEAR_ENTRIES(float, "f32", 32), LINEAR_ENTRIES(float, "f32", 64))
K_ENTRIES(linear_matrix_few, LINEAR_MATRIX_ENTRY(Bf16, "bf16", 32, 64),
          LINEAR_MATRIX_ENTRY(Bf16, "bf16", 64, 64))
