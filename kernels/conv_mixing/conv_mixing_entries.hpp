// Instances of the native conv_mixing, compiled in every unit.
#pragma once

#include "kernels/conv_mixing/conv_mixing_kernel.hpp"

#define CONV_MIXING_TILE(T, type, D, W)                                                   \
  K_ENTRY(K_NAME(conv_mixing_tile_name(type, D, W)), (conv_mixing_tile<T, D, W>), W, 128, \
          ConvTile<D>::Shared)
#define CONV_MIXING_FEW(T, type, D, W)                                                  \
  K_ENTRY(K_NAME(conv_mixing_few_name(type, D, W)), (conv_mixing_few<T, D, W>), W, 256, \
          ConvFew<D>::Shared)
#define CONV_MIXING_OF(T, type, W)                                         \
  CONV_MIXING_TILE(T, type, 64, W), CONV_MIXING_TILE(T, type, 128, W),     \
      CONV_MIXING_TILE(T, type, 256, W), CONV_MIXING_FEW(T, type, 128, W), \
      CONV_MIXING_FEW(T, type, 256, W)

K_ENTRIES(conv_mixing, CONV_MIXING_OF(float, "f32", 32), CONV_MIXING_OF(Bf16, "bf16", 32),
          CONV_MIXING_OF(F16, "f16", 32), CONV_MIXING_OF(float, "f32", 64),
          CONV_MIXING_OF(Bf16, "bf16", 64), CONV_MIXING_OF(F16, "f16", 64))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(conv_mixing_few, CONV_MIXING_TILE(float, "f32", 64, 32),
          CONV_MIXING_TILE(float, "f32", 64, 64), CONV_MIXING_FEW(float, "f32", 128, 32),
          CONV_MIXING_FEW(float, "f32", 128, 64))
