// Instances of the native mla_attention: storage type, form of the keys, wave width.
#pragma once

#include "kernels/mla_attention/mla_attention_tile.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

template <class T, bool Latent>
using MlaTileShared = typename MlaTileOf<T, Latent>::Shared;

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

// decltype's parentheses protect the commas of a type from splitting macro arguments.
#define MLA_ATTENTION_TILE(T, type, Latent, W)                                                     \
  K_ENTRY(K_NAME(mla_attention_tile_name(type, Latent, W)), (mla_attention_tile<T, Latent, W>), W, \
          mla_tile_size(sizeof(T), Latent).threads, decltype(MlaTileShared<T, Latent>()))
#define MLA_ATTENTION_MERGE(T, type, W)                                              \
  K_ENTRY(K_NAME(mla_attention_merge_name(type, W)), (mla_attention_merge<T, W>), W, \
          attention_merge_threads, MlaMergeShared)
#define MLA_ATTENTION_OF(T, type, W)                                           \
  MLA_ATTENTION_TILE(T, type, false, W), MLA_ATTENTION_TILE(T, type, true, W), \
      MLA_ATTENTION_MERGE(T, type, W)

K_ENTRIES(mla_attention, MLA_ATTENTION_OF(float, "f32", 32), MLA_ATTENTION_OF(Bf16, "bf16", 32),
          MLA_ATTENTION_OF(F16, "f16", 32), MLA_ATTENTION_OF(float, "f32", 64),
          MLA_ATTENTION_OF(Bf16, "bf16", 64), MLA_ATTENTION_OF(F16, "f16", 64))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(mla_latent, MLA_ATTENTION_TILE(float, "f32", true, 32),
          MLA_ATTENTION_MERGE(float, "f32", 32), MLA_ATTENTION_TILE(float, "f32", true, 64),
          MLA_ATTENTION_MERGE(float, "f32", 64))
// For the one that appears only when heads have their own keys.
K_ENTRIES(mla_expanded, MLA_ATTENTION_TILE(float, "f32", false, 32),
          MLA_ATTENTION_TILE(float, "f32", false, 64))
