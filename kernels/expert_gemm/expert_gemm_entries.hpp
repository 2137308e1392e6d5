// Kernel instances of expert_gemm: storage type, wave width, tokens per tile.
#pragma once

#include "kernels/expert_gemm/expert_gemm_kernel.hpp"
#include "kernels/expert_gemm/expert_gemm_matrix_entries.hpp"

#define EXPERT_GROUP_ENTRIES(W)                                                               \
  K_ENTRY(K_NAME(expert_sort_name(expert_kernels.count, W)), (expert_count_kernel<W>), W,     \
          expert_threads, ExpertBinsShared),                                                  \
      K_ENTRY(K_NAME(expert_sort_name(expert_kernels.scan, W)), (expert_scan_kernel<W>), W,   \
              expert_threads, ExpertNoShared),                                                \
      K_ENTRY(K_NAME(expert_sort_name(expert_kernels.place, W)), (expert_place_kernel<W>), W, \
              expert_threads, ExpertBinsShared)
#define EXPERT_PRODUCT_ENTRIES(T, type, W, Rows)                                      \
  K_ENTRY(K_NAME(expert_product_name(expert_kernels.gate_up, type, W, Rows)),         \
          (expert_gate_up_kernel<T, W, Rows>), W, expert_threads, KTileShared<Rows>), \
      K_ENTRY(K_NAME(expert_product_name(expert_kernels.down, type, W, Rows)),        \
              (expert_down_kernel<T, W, Rows>), W, expert_threads, KTileShared<Rows>)
#define EXPERT_ENTRIES(T, type)                                                     \
  EXPERT_PRODUCT_ENTRIES(T, type, 32, 16), EXPERT_PRODUCT_ENTRIES(T, type, 32, 64), \
      EXPERT_PRODUCT_ENTRIES(T, type, 64, 16), EXPERT_PRODUCT_ENTRIES(T, type, 64, 64)

K_ENTRIES(expert_gemm, EXPERT_GROUP_ENTRIES(32), EXPERT_GROUP_ENTRIES(64),
          EXPERT_ENTRIES(float, "f32"), EXPERT_ENTRIES(Bf16, "bf16"), EXPERT_ENTRIES(F16, "f16"),
          EXPERT_MATRIX_ENTRIES(Bf16, "bf16"), EXPERT_MATRIX_ENTRIES(F16, "f16"))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(expert_gemm_few, EXPERT_GROUP_ENTRIES(32), EXPERT_GROUP_ENTRIES(64),
          EXPERT_PRODUCT_ENTRIES(float, "f32", 32, 16),
          EXPERT_PRODUCT_ENTRIES(float, "f32", 64, 16))
K_ENTRIES(expert_matrix_few, EXPERT_GROUP_ENTRIES(32), EXPERT_GROUP_ENTRIES(64),
          EXPERT_MATRIX_PRODUCT_ENTRIES(Bf16, "bf16", 32, 16),
          EXPERT_MATRIX_PRODUCT_ENTRIES(Bf16, "bf16", 64, 16))
