// Kernel instances of expert_gemm_w4: storage type of the tokens, wave width, tokens per tile. Both
// formats share them; the pointers to the scales distinguish them.
#pragma once

#include <iterator>

#include "kernels/expert_gemm_w4/expert_gemm_w4_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

#define EXPERT_W4_GROUP_ENTRIES(W)                                                        \
  K_ENTRY("expert_w4_count<w" #W ">", (expert_count_kernel<W, ExpertGemmW4>), W, 256,     \
          ExpertBinsShared),                                                              \
      K_ENTRY("expert_w4_scan<w" #W ">", (expert_scan_kernel<W, ExpertGemmW4>), W, 256,   \
              ExpertNoShared),                                                            \
      K_ENTRY("expert_w4_place<w" #W ">", (expert_place_kernel<W, ExpertGemmW4>), W, 256, \
              ExpertBinsShared)
#define EXPERT_W4_PRODUCT_ENTRIES(T, type, W, Rows)                              \
  K_ENTRY("expert_w4_gate_up<" type ",w" #W ",rows" #Rows ">",                   \
          (expert_w4_gate_up_kernel<T, W, Rows>), W, 256, ExpertW4Shared<Rows>), \
      K_ENTRY("expert_w4_down<" type ",w" #W ",rows" #Rows ">",                  \
              (expert_w4_down_kernel<T, W, Rows>), W, 256, ExpertW4Shared<Rows>)
#define EXPERT_W4_ENTRIES(T, type)                                                        \
  EXPERT_W4_PRODUCT_ENTRIES(T, type, 32, 16), EXPERT_W4_PRODUCT_ENTRIES(T, type, 32, 64), \
      EXPERT_W4_PRODUCT_ENTRIES(T, type, 64, 16), EXPERT_W4_PRODUCT_ENTRIES(T, type, 64, 64)

inline NativeEntries expert_gemm_w4_entries() {
  static const NativeEntry entries[] = {
      EXPERT_W4_GROUP_ENTRIES(32), EXPERT_W4_GROUP_ENTRIES(64), EXPERT_W4_ENTRIES(float, "f32"),
      EXPERT_W4_ENTRIES(Bf16, "bf16"), EXPERT_W4_ENTRIES(F16, "f16")};
  return {entries, static_cast<std::int64_t>(std::size(entries))};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
