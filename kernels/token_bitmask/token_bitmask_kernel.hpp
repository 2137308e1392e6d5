// token_bitmask, native: a thread takes N neighbouring logits of a row, whose bits are in one word
// of the mask. Logits that stay are neither read nor written, so no thread touches another's logit.
#pragma once

#include <dialect.hpp>

#include "kernels/common/dialect/common/floats.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct TokenBitmaskShared {};  // no shared memory

/// Grid: rows times `blocks` blocks per row. N divides 32 and the vocabulary.
template <class T, int W, int N>
KGLOBAL KBOUNDS(256) void token_bitmask_kernel(T* logits, const u32* bitmask, const i32* mask_of,
                                               u32 vocabulary, u32 real_ids, u32 words,
                                               u32 blocks) {
  const u32 row = k_block() / blocks;
  const u32 id = (k_block() % blocks * k_threads() + k_tid()) * N;
  if (id >= vocabulary) return;
  const i32 mask = mask_of[row];
  const u32 at = id >> 5;
  u32 kept = ~0U;
  if (mask >= 0 && at < words) {
    kept = bitmask[static_cast<u64>(static_cast<u32>(mask)) * words + at] >> (id & 31U);
  }
  T* x = logits + static_cast<u64>(row) * vocabulary + id;
  const T nothing = k_from_float<T>(k_float(0xFF800000U));
  bool all = true, none = true;
  K_UNROLL
  for (u32 j = 0; j < N; ++j) {
    if (id + j >= real_ids) kept &= ~(1U << j);
    const bool stays = (kept >> j & 1U) != 0;
    all = all && stays;
    none = none && !stays;
  }
  if (all) return;
  if (none) {
    Vec<T, N> out;
    K_UNROLL
    for (int j = 0; j < N; ++j) out[j] = nothing;
    k_store(x, out);
    return;
  }
  for (u32 j = 0; j < N; ++j) {
    if ((kept >> j & 1U) == 0) x[j] = nothing;
  }
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
