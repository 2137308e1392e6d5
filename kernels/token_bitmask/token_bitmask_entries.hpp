// Kernel instances of token_bitmask: storage type, wave width, logits per thread.
#pragma once

#include "kernels/token_bitmask/token_bitmask_kernel.hpp"
#include "kernels/token_bitmask/token_bitmask_launch.hpp"

#define TOKEN_BITMASK_ENTRY(T, type, W, N)                                                 \
  K_ENTRY(K_NAME(token_bitmask_name(type, W, N)), (token_bitmask_kernel<T, W, N>), W, 256, \
          TokenBitmaskShared)
#define TOKEN_BITMASK_ENTRIES(T, type, N)                                   \
  TOKEN_BITMASK_ENTRY(T, type, 32, 1), TOKEN_BITMASK_ENTRY(T, type, 32, N), \
      TOKEN_BITMASK_ENTRY(T, type, 64, 1), TOKEN_BITMASK_ENTRY(T, type, 64, N)

K_ENTRIES(token_bitmask, TOKEN_BITMASK_ENTRIES(float, "f32", 4),
          TOKEN_BITMASK_ENTRIES(Bf16, "bf16", 8), TOKEN_BITMASK_ENTRIES(F16, "f16", 8))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(token_bitmask_few, TOKEN_BITMASK_ENTRIES(float, "f32", 4))
