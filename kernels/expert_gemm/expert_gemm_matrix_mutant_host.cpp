// Kernel instances for the seeded bugs of expert_gemm on matrix instructions.
#include "kernels/expert_gemm/expert_gemm_matrix_entries.hpp"

#define EXPERT_TRIED_GROUP_ENTRIES(W)                                                   \
  K_ENTRY("expert_count<w" #W ">", (expert_count_kernel<W>), W, 256, ExpertBinsShared), \
      K_ENTRY("expert_scan<w" #W ">", (expert_scan_kernel<W>), W, 256, ExpertNoShared), \
      K_ENTRY("expert_place<w" #W ">", (expert_place_kernel<W>), W, 256, ExpertBinsShared)

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries expert_matrix_few_entries() {
  static const NativeEntry table[] = {EXPERT_TRIED_GROUP_ENTRIES(32),
                                      EXPERT_TRIED_GROUP_ENTRIES(64),
                                      EXPERT_MATRIX_PRODUCT_ENTRIES(Bf16, "bf16", 32, 16),
                                      EXPERT_MATRIX_PRODUCT_ENTRIES(Bf16, "bf16", 64, 16)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(expert_matrix_few)
