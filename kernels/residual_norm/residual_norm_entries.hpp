// Instances of residual_norm: storage type, wave width, elements per access, elements per thread.
#pragma once

#include "kernels/residual_norm/residual_norm_kernel.hpp"

#define RESIDUAL_NORM_ENTRY(T, type, W, N, V)                                               \
  K_ENTRY(K_NAME(residual_norm_name(type, W, N, V)), (residual_norm_kernel<T, W, N, V>), W, \
          residual_norm_threads, ResidualNormShared<W>)
#define RESIDUAL_NORM_ENTRIES(T, type, W, N)                                     \
  RESIDUAL_NORM_ENTRY(T, type, W, 1, 8), RESIDUAL_NORM_ENTRY(T, type, W, 1, 32), \
      RESIDUAL_NORM_ENTRY(T, type, W, N, 8), RESIDUAL_NORM_ENTRY(T, type, W, N, 32)

K_ENTRIES(residual_norm, RESIDUAL_NORM_ENTRIES(float, "f32", 32, 4),
          RESIDUAL_NORM_ENTRIES(float, "f32", 64, 4), RESIDUAL_NORM_ENTRIES(Bf16, "bf16", 32, 8),
          RESIDUAL_NORM_ENTRIES(Bf16, "bf16", 64, 8), RESIDUAL_NORM_ENTRIES(F16, "f16", 32, 8),
          RESIDUAL_NORM_ENTRIES(F16, "f16", 64, 8))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(residual_norm_few, RESIDUAL_NORM_ENTRY(float, "f32", 32, 1, 8),
          RESIDUAL_NORM_ENTRY(float, "f32", 64, 1, 8), RESIDUAL_NORM_ENTRY(float, "f32", 32, 4, 8),
          RESIDUAL_NORM_ENTRY(float, "f32", 64, 4, 8))
