// Instances of the native mla_attention: storage type, form of the keys, wave width.
#pragma once

#include "kernels/mla_attention/mla_attention_instances.hpp"

#define MLA_ATTENTION_OF(T, type, W)                 \
  MLA_ATTENTION_TILE(T, type, "expanded", false, W), \
      MLA_ATTENTION_TILE(T, type, "latent", true, W), MLA_ATTENTION_MERGE(T, type, W)

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries mla_attention_entries() {
  static const NativeEntry table[] = {
      MLA_ATTENTION_OF(float, "f32", 32), MLA_ATTENTION_OF(Bf16, "bf16", 32),
      MLA_ATTENTION_OF(F16, "f16", 32),   MLA_ATTENTION_OF(float, "f32", 64),
      MLA_ATTENTION_OF(Bf16, "bf16", 64), MLA_ATTENTION_OF(F16, "f16", 64),
  };
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
