// Instances of the native conv_mixing, compiled in every unit.
#pragma once

#include "kernels/conv_mixing/conv_mixing_kernel.hpp"

#define CONV_MIXING_TILE(T, type, D, W)                                                     \
  K_ENTRY("conv_mixing_tile<" type "," #D ",w" #W ">", (conv_mixing_tile<T, D, W>), W, 128, \
          ConvTile<D>::Shared)
#define CONV_MIXING_FEW(T, type, D, W)                                                    \
  K_ENTRY("conv_mixing_few<" type "," #D ",w" #W ">", (conv_mixing_few<T, D, W>), W, 256, \
          ConvFew<D>::Shared)
#define CONV_MIXING_OF(T, type, W)                                         \
  CONV_MIXING_TILE(T, type, 64, W), CONV_MIXING_TILE(T, type, 128, W),     \
      CONV_MIXING_TILE(T, type, 256, W), CONV_MIXING_FEW(T, type, 128, W), \
      CONV_MIXING_FEW(T, type, 256, W)

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries conv_mixing_entries() {
  static const NativeEntry table[] = {
      CONV_MIXING_OF(float, "f32", 32), CONV_MIXING_OF(Bf16, "bf16", 32),
      CONV_MIXING_OF(F16, "f16", 32),   CONV_MIXING_OF(float, "f32", 64),
      CONV_MIXING_OF(Bf16, "bf16", 64), CONV_MIXING_OF(F16, "f16", 64),
  };
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
