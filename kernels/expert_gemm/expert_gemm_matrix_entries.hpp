// Kernel instances of expert_gemm on matrix instructions: storage type, wave width, tokens per
// tile.
#pragma once

#include "kernels/expert_gemm/expert_gemm_matrix_kernel.hpp"

// decltype's parentheses keep a type's commas from separating macro arguments.
#define EXPERT_MATRIX_PRODUCT_ENTRIES(T, type, W, Rows)                                       \
  K_MATRIX_ENTRY(K_NAME(expert_product_name(expert_matrix_kernels.gate_up, type, W, Rows)),   \
                 (expert_gate_up_matrix_kernel<T, W, Rows>), W, expert_matrix_threads<Rows>,  \
                 decltype(KMatrixShared<T, Rows, expert_matrix_columns>())),                  \
      K_MATRIX_ENTRY(K_NAME(expert_product_name(expert_matrix_kernels.down, type, W, Rows)),  \
                     (expert_down_matrix_kernel<T, W, Rows>), W, expert_matrix_threads<Rows>, \
                     decltype(ExpertMatrixShared<T, Rows>()))
#define EXPERT_MATRIX_ENTRIES(T, type)                                                            \
  EXPERT_MATRIX_PRODUCT_ENTRIES(T, type, 32, 16), EXPERT_MATRIX_PRODUCT_ENTRIES(T, type, 32, 64), \
      EXPERT_MATRIX_PRODUCT_ENTRIES(T, type, 64, 16),                                             \
      EXPERT_MATRIX_PRODUCT_ENTRIES(T, type, 64, 64)
