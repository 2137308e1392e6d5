// Kernel instances of top_k: storage type, wave width, amount of shared memory.
#pragma once

#include "kernels/top_k/top_k_kernel.hpp"

#define TOP_K_SLICE(T, type, W, layout)                                      \
  K_ENTRY(K_NAME(top_k_slice_name(type, W, layout)),                         \
          (top_k_slice<T, W, layout.lds_bytes, layout.max_sorted>), W, 1024, \
          decltype(TopKSliceShared<T, layout>()))
#define TOP_K_ENTRIES(T, type, W, layout)                                        \
  TOP_K_SLICE(T, type, W, layout),                                               \
      K_ENTRY(K_NAME(top_k_merge_name(type, W, layout)),                         \
              (top_k_merge<T, W, layout.lds_bytes, layout.max_sorted>), W, 1024, \
              TopKMergeShared<layout>)
#define TOP_K_TYPES(W, layout)                                                    \
  TOP_K_ENTRIES(float, "f32", W, layout), TOP_K_ENTRIES(Bf16, "bf16", W, layout), \
      TOP_K_ENTRIES(F16, "f16", W, layout)

K_ENTRIES(top_k, TOP_K_TYPES(32, top_k_16k), TOP_K_TYPES(64, top_k_16k), TOP_K_TYPES(32, top_k_64k),
          TOP_K_TYPES(64, top_k_64k), TOP_K_TYPES(64, top_k_160k), TOP_K_TYPES(32, top_k_227k))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(top_k_few, TOP_K_ENTRIES(float, "f32", 32, top_k_16k),
          TOP_K_ENTRIES(float, "f32", 64, top_k_16k), TOP_K_SLICE(float, "f32", 32, top_k_64k))
