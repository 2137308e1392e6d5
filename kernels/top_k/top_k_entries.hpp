// Kernel instances of top_k: storage type, wave width, amount of shared memory.
#pragma once

#include <iterator>

#include "kernels/top_k/top_k_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

#define TOP_K_ENTRIES(T, type, W, layout, lds)                                   \
  K_ENTRY("top_k_slice<" type ",w" #W "," lds ">",                               \
          (top_k_slice<T, W, layout.lds_bytes, layout.max_sorted>), W, 1024,     \
          decltype(TopKSliceShared<T, layout>())),                               \
      K_ENTRY("top_k_merge<" type ",w" #W "," lds ">",                           \
              (top_k_merge<T, W, layout.lds_bytes, layout.max_sorted>), W, 1024, \
              TopKMergeShared<layout>)
#define TOP_K_TYPES(W, layout, lds)                                                         \
  TOP_K_ENTRIES(float, "f32", W, layout, lds), TOP_K_ENTRIES(Bf16, "bf16", W, layout, lds), \
      TOP_K_ENTRIES(F16, "f16", W, layout, lds)

inline NativeEntries top_k_entries() {
  static const NativeEntry table[] = {
      TOP_K_TYPES(32, top_k_16k, "16k"),   TOP_K_TYPES(64, top_k_16k, "16k"),
      TOP_K_TYPES(32, top_k_64k, "64k"),   TOP_K_TYPES(64, top_k_64k, "64k"),
      TOP_K_TYPES(64, top_k_160k, "160k"), TOP_K_TYPES(32, top_k_227k, "227k")};
  return {table, static_cast<std::int64_t>(std::size(table))};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
