// Kernel instances used to test seeded bugs in mla_attention: those of the latent form.
#include "kernels/mla_attention/mla_attention_instances.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries mla_latent_entries() {
  static const NativeEntry table[] = {
      MLA_ATTENTION_TILE(float, "f32", "latent", true, 32), MLA_ATTENTION_MERGE(float, "f32", 32),
      MLA_ATTENTION_TILE(float, "f32", "latent", true, 64), MLA_ATTENTION_MERGE(float, "f32", 64)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(mla_latent)
