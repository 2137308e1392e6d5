// Macros that define the entry of one native mla_attention instance, separate from the entry table:
// referring to an instance compiles it, and a seeded bug's unit needs only a few.
#pragma once

#include "kernels/mla_attention/mla_attention_tile.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

template <class T, bool Latent>
using MlaTileShared = typename MlaTileOf<T, Latent>::Shared;

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

// decltype's parentheses protect the commas of a type from splitting macro arguments.
#define MLA_ATTENTION_TILE(T, type, keys, Latent, W)                                              \
  K_ENTRY("mla_attention_tile<" type "," keys ",w" #W ">", (mla_attention_tile<T, Latent, W>), W, \
          mla_tile_size(sizeof(T), Latent).threads, decltype(MlaTileShared<T, Latent>()))
#define MLA_ATTENTION_MERGE(T, type, W)                                            \
  K_ENTRY("mla_attention_merge<" type ",w" #W ">", (mla_attention_merge<T, W>), W, \
          attention_merge_threads, MlaMergeShared)
