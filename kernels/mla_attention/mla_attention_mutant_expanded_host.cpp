// Kernel instances for seeded bugs that appear only when heads have their own keys.
#include "kernels/mla_attention/mla_attention_instances.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries mla_expanded_entries() {
  static const NativeEntry table[] = {MLA_ATTENTION_TILE(float, "f32", "expanded", false, 32),
                                      MLA_ATTENTION_TILE(float, "f32", "expanded", false, 64)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(mla_expanded)
