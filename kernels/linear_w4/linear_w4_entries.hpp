// Kernel instances of linear_w4: storage type of the activations, wave width, tokens at once. Both
// formats share them; the pointers to the scales distinguish them.
#pragma once

#include "kernels/linear_w4/linear_w4_kernel.hpp"

#define LINEAR_W4_ENTRIES(T, type, W)                                                       \
  K_ENTRY(K_NAME(linear_w4_rows_name(type, W, 1)), (linear_w4_rows_kernel<T, W, 1>), W,     \
          linear_w4_threads, LinearW4Shared),                                               \
      K_ENTRY(K_NAME(linear_w4_rows_name(type, W, 4)), (linear_w4_rows_kernel<T, W, 4>), W, \
              linear_w4_threads, LinearW4Shared),                                           \
      K_ENTRY(K_NAME(linear_w4_tiles_name(type, W)), (linear_w4_tiles_kernel<T, W>), W,     \
              linear_w4_threads, LinearW4TileShared)

K_ENTRIES(linear_w4, K_EACH_TYPE_AND_WAVE(LINEAR_W4_ENTRIES))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(linear_w4_few, LINEAR_W4_ENTRIES(float, "f32", 32), LINEAR_W4_ENTRIES(float, "f32", 64))
