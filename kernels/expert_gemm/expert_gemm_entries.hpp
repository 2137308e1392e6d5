// Kernel instances of expert_gemm: storage type, wave width, tokens per tile.
#pragma once

#include <iterator>

#include "kernels/expert_gemm/expert_gemm_kernel.hpp"
#include "kernels/expert_gemm/expert_gemm_matrix_entries.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

#define EXPERT_GROUP_ENTRIES(W)                                                         \
  K_ENTRY("expert_count<w" #W ">", (expert_count_kernel<W>), W, 256, ExpertBinsShared), \
      K_ENTRY("expert_scan<w" #W ">", (expert_scan_kernel<W>), W, 256, ExpertNoShared), \
      K_ENTRY("expert_place<w" #W ">", (expert_place_kernel<W>), W, 256, ExpertBinsShared)
#define EXPERT_PRODUCT_ENTRIES(T, type, W, Rows)                                                  \
  K_ENTRY("expert_gate_up<" type ",w" #W ",rows" #Rows ">", (expert_gate_up_kernel<T, W, Rows>),  \
          W, 256, KTileShared<Rows>),                                                             \
      K_ENTRY("expert_down<" type ",w" #W ",rows" #Rows ">", (expert_down_kernel<T, W, Rows>), W, \
              256, KTileShared<Rows>)
#define EXPERT_ENTRIES(T, type)                                                     \
  EXPERT_PRODUCT_ENTRIES(T, type, 32, 16), EXPERT_PRODUCT_ENTRIES(T, type, 32, 64), \
      EXPERT_PRODUCT_ENTRIES(T, type, 64, 16), EXPERT_PRODUCT_ENTRIES(T, type, 64, 64)

inline NativeEntries expert_gemm_entries() {
  static const NativeEntry entries[] = {
      EXPERT_GROUP_ENTRIES(32),         EXPERT_GROUP_ENTRIES(64),
      EXPERT_ENTRIES(float, "f32"),     EXPERT_ENTRIES(Bf16, "bf16"),
      EXPERT_ENTRIES(F16, "f16"),       EXPERT_MATRIX_ENTRIES(Bf16, "bf16"),
      EXPERT_MATRIX_ENTRIES(F16, "f16")};
  return {entries, static_cast<std::int64_t>(std::size(entries))};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
