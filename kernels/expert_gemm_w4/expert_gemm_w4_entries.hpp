// Kernel instances of expert_gemm_w4: storage type of the tokens, wave width, tokens per tile. Both
// formats share them; the pointers to the scales distinguish them.
#pragma once

#include "kernels/expert_gemm_w4/expert_gemm_w4_kernel.hpp"
#include "kernels/expert_gemm_w4/expert_gemm_w4_launch.hpp"

#define EXPERT_W4_GROUP_ENTRIES(W)                                                       \
  K_ENTRY(K_NAME(expert_sort_name(expert_w4_kernels.count, W)),                          \
          (expert_count_kernel<W, ExpertGemmW4>), W, expert_threads, ExpertBinsShared),  \
      K_ENTRY(K_NAME(expert_sort_name(expert_w4_kernels.scan, W)),                       \
              (expert_scan_kernel<W, ExpertGemmW4>), W, expert_threads, ExpertNoShared), \
      K_ENTRY(K_NAME(expert_sort_name(expert_w4_kernels.place, W)),                      \
              (expert_place_kernel<W, ExpertGemmW4>), W, expert_threads, ExpertBinsShared)
#define EXPERT_W4_PRODUCT_ENTRIES(T, type, W, Rows)                                         \
  K_ENTRY(K_NAME(expert_product_name(expert_w4_kernels.gate_up, type, W, Rows)),            \
          (expert_w4_gate_up_kernel<T, W, Rows>), W, expert_threads, ExpertW4Shared<Rows>), \
      K_ENTRY(K_NAME(expert_product_name(expert_w4_kernels.down, type, W, Rows)),           \
              (expert_w4_down_kernel<T, W, Rows>), W, expert_threads, ExpertW4Shared<Rows>)
#define EXPERT_W4_ENTRIES(T, type)                                                        \
  EXPERT_W4_PRODUCT_ENTRIES(T, type, 32, 16), EXPERT_W4_PRODUCT_ENTRIES(T, type, 32, 64), \
      EXPERT_W4_PRODUCT_ENTRIES(T, type, 64, 16), EXPERT_W4_PRODUCT_ENTRIES(T, type, 64, 64)

K_ENTRIES(expert_gemm_w4, EXPERT_W4_GROUP_ENTRIES(32), EXPERT_W4_GROUP_ENTRIES(64),
          EXPERT_W4_ENTRIES(float, "f32"), EXPERT_W4_ENTRIES(Bf16, "bf16"),
          EXPERT_W4_ENTRIES(F16, "f16"))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(expert_gemm_w4_few, EXPERT_W4_GROUP_ENTRIES(32), EXPERT_W4_GROUP_ENTRIES(64),
          EXPERT_W4_PRODUCT_ENTRIES(float, "f32", 32, 16),
          EXPERT_W4_PRODUCT_ENTRIES(float, "f32", 64, 16))
