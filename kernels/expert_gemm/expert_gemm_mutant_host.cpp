// Kernel instances for the seeded bugs of expert_gemm.
#include "kernels/expert_gemm/expert_gemm_entries.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries expert_gemm_few_entries() {
  static const NativeEntry table[] = {EXPERT_GROUP_ENTRIES(32), EXPERT_GROUP_ENTRIES(64),
                                      EXPERT_PRODUCT_ENTRIES(float, "f32", 32, 16),
                                      EXPERT_PRODUCT_ENTRIES(float, "f32", 64, 16)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(expert_gemm_few)
