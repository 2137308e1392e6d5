// Instances of residual_norm: storage type, wave width, elements per access, elements per thread.
#pragma once

#include "kernels/residual_norm/residual_norm_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

#define RESIDUAL_NORM_ENTRY(T, type, W, N, V)                      \
  K_ENTRY("residual_norm<" type ",w" #W ",load" #N ",keep" #V ">", \
          (residual_norm_kernel<T, W, N, V>), W, 256, ResidualNormShared<W>)
#define RESIDUAL_NORM_ENTRIES(T, type, W, N)                                     \
  RESIDUAL_NORM_ENTRY(T, type, W, 1, 8), RESIDUAL_NORM_ENTRY(T, type, W, 1, 32), \
      RESIDUAL_NORM_ENTRY(T, type, W, N, 8), RESIDUAL_NORM_ENTRY(T, type, W, N, 32)

inline NativeEntries residual_norm_entries() {
  static const NativeEntry table[] = {
      RESIDUAL_NORM_ENTRIES(float, "f32", 32, 4), RESIDUAL_NORM_ENTRIES(float, "f32", 64, 4),
      RESIDUAL_NORM_ENTRIES(Bf16, "bf16", 32, 8), RESIDUAL_NORM_ENTRIES(Bf16, "bf16", 64, 8),
      RESIDUAL_NORM_ENTRIES(F16, "f16", 32, 8),   RESIDUAL_NORM_ENTRIES(F16, "f16", 64, 8)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
