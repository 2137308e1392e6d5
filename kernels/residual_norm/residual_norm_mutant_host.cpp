// Kernel instances used to test seeded bugs in residual_norm.
#include "kernels/residual_norm/residual_norm_entries.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries residual_norm_few_entries() {
  static const NativeEntry table[] = {
      RESIDUAL_NORM_ENTRY(float, "f32", 32, 1, 8), RESIDUAL_NORM_ENTRY(float, "f32", 64, 1, 8),
      RESIDUAL_NORM_ENTRY(float, "f32", 32, 4, 8), RESIDUAL_NORM_ENTRY(float, "f32", 64, 4, 8)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(residual_norm_few)
