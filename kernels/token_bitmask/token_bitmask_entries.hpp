// Kernel instances of token_bitmask: storage type, wave width, logits per thread.
#pragma once

#include "kernels/token_bitmask/token_bitmask_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

#define TOKEN_BITMASK_ENTRY(T, type, W, N)                                                       \
  K_ENTRY("token_bitmask<" type ",w" #W ",each" #N ">", (token_bitmask_kernel<T, W, N>), W, 256, \
          TokenBitmaskShared)
#define TOKEN_BITMASK_ENTRIES(T, type, N)                                   \
  TOKEN_BITMASK_ENTRY(T, type, 32, 1), TOKEN_BITMASK_ENTRY(T, type, 32, N), \
      TOKEN_BITMASK_ENTRY(T, type, 64, 1), TOKEN_BITMASK_ENTRY(T, type, 64, N)

inline NativeEntries token_bitmask_entries() {
  static const NativeEntry table[] = {TOKEN_BITMASK_ENTRIES(float, "f32", 4),
                                      TOKEN_BITMASK_ENTRIES(Bf16, "bf16", 8),
                                      TOKEN_BITMASK_ENTRIES(F16, "f16", 8)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
