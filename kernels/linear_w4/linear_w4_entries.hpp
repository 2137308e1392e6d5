// Kernel instances of linear_w4: storage type of the activations, wave width, tokens at once. Both
// formats share them; the pointers to the scales distinguish them.
#pragma once

#include <iterator>

#include "kernels/linear_w4/linear_w4_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

#define LINEAR_W4_ENTRIES(T, type, W)                                                           \
  K_ENTRY("linear_w4_rows<" type ",w" #W ",tokens1>", (linear_w4_rows_kernel<T, W, 1>), W, 256, \
          LinearW4Shared),                                                                      \
      K_ENTRY("linear_w4_rows<" type ",w" #W ",tokens4>", (linear_w4_rows_kernel<T, W, 4>), W,  \
              256, LinearW4Shared),                                                             \
      K_ENTRY("linear_w4_tiles<" type ",w" #W ">", (linear_w4_tiles_kernel<T, W>), W, 256,      \
              LinearW4TileShared)

inline NativeEntries linear_w4_entries() {
  static const NativeEntry entries[] = {
      LINEAR_W4_ENTRIES(float, "f32", 32), LINEAR_W4_ENTRIES(float, "f32", 64),
      LINEAR_W4_ENTRIES(Bf16, "bf16", 32), LINEAR_W4_ENTRIES(Bf16, "bf16", 64),
      LINEAR_W4_ENTRIES(F16, "f16", 32),   LINEAR_W4_ENTRIES(F16, "f16", 64)};
  return {entries, static_cast<std::int64_t>(std::size(entries))};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
