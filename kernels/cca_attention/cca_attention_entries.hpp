// Instances of the native cca_attention, compiled in every unit.
#pragma once

#include "kernels/cca_attention/cca_attention_kernel.hpp"

// decltype's parentheses protect the commas of a type from splitting macro arguments.
#define CCA_ATTENTION_OF_D(T, type, D, W)                                                      \
  K_ENTRY(K_NAME(cca_attention_tile_name(type, D, W)), (cca_attention_tile<T, D, W>), W,       \
          attention_tile(sizeof(T), D).threads(), decltype(AttentionTileShared<T, D>())),      \
      K_ENTRY(K_NAME(cca_attention_split_name(type, D, W)), (cca_attention_split<T, D, W>), W, \
              attention_split_threads, decltype(AttentionSplitShared<T, D, W>()))
#define CCA_ATTENTION_MERGE(T, type, W)                                              \
  K_ENTRY(K_NAME(cca_attention_merge_name(type, W)), (cca_attention_merge<T, W>), W, \
          attention_merge_threads, AttentionMergeShared)
#define CCA_ATTENTION_OF(T, type, W)                                       \
  CCA_ATTENTION_OF_D(T, type, 64, W), CCA_ATTENTION_OF_D(T, type, 128, W), \
      CCA_ATTENTION_OF_D(T, type, 256, W), CCA_ATTENTION_MERGE(T, type, W)
#define CCA_ATTENTION_MATRIX(T, type, D, W)                                                      \
  K_MATRIX_ENTRY(K_NAME(cca_attention_matrix_name(type, D, W)), (cca_attention_matrix<T, D, W>), \
                 W, attention_matrix_threads, decltype(AttentionMatrixShared<T, D, W>()))
#define CCA_ATTENTION_MATRIX_OF(T, type, W) \
  CCA_ATTENTION_MATRIX(T, type, 64, W), CCA_ATTENTION_MATRIX(T, type, 128, W)

namespace kernelgate {
inline namespace KG_BUILD_MODE {

template <class T, int D>
using AttentionTileShared = typename AttentionTileOf<T, D>::Shared;
template <class T, int D, int W>
using AttentionSplitShared = typename AttentionSplit<T, D, W>::Shared;
template <class T, int D, int W>
using AttentionMatrixShared = typename AttentionMatrix<T, D, W>::Shared;

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_ENTRIES(cca_attention, CCA_ATTENTION_OF(float, "f32", 32), CCA_ATTENTION_OF(Bf16, "bf16", 32),
          CCA_ATTENTION_OF(F16, "f16", 32), CCA_ATTENTION_OF(float, "f32", 64),
          CCA_ATTENTION_OF(Bf16, "bf16", 64), CCA_ATTENTION_OF(F16, "f16", 64),
          CCA_ATTENTION_MATRIX_OF(Bf16, "bf16", 32), CCA_ATTENTION_MATRIX_OF(F16, "f16", 32),
          CCA_ATTENTION_MATRIX_OF(Bf16, "bf16", 64), CCA_ATTENTION_MATRIX_OF(F16, "f16", 64))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(cca_attention_few, CCA_ATTENTION_OF_D(float, "f32", 64, 32),
          CCA_ATTENTION_MERGE(float, "f32", 32), CCA_ATTENTION_OF_D(float, "f32", 64, 64),
          CCA_ATTENTION_MERGE(float, "f32", 64), CCA_ATTENTION_MATRIX(Bf16, "bf16", 64, 32),
          CCA_ATTENTION_MATRIX(Bf16, "bf16", 64, 64))
