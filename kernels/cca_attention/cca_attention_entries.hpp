// Instances of the native cca_attention, compiled in every unit.
#pragma once

#include "kernels/cca_attention/cca_attention_kernel.hpp"

// decltype's parentheses protect the commas of a type from splitting macro arguments.
#define CCA_ATTENTION_OF_D(T, type, D, W)                                                        \
  K_ENTRY("cca_attention_tile<" type "," #D ",w" #W ">", (cca_attention_tile<T, D, W>), W,       \
          attention_tile(sizeof(T), D).threads(), decltype(AttentionTileShared<T, D>())),        \
      K_ENTRY("cca_attention_split<" type "," #D ",w" #W ">", (cca_attention_split<T, D, W>), W, \
              attention_split_threads, decltype(AttentionSplitShared<T, D, W>()))
#define CCA_ATTENTION_OF(T, type, W)                                                   \
  CCA_ATTENTION_OF_D(T, type, 64, W), CCA_ATTENTION_OF_D(T, type, 128, W),             \
      CCA_ATTENTION_OF_D(T, type, 256, W),                                             \
      K_ENTRY("cca_attention_merge<" type ",w" #W ">", (cca_attention_merge<T, W>), W, \
              attention_merge_threads, AttentionMergeShared)
#define CCA_ATTENTION_MATRIX(T, type, D, W)                                                        \
  K_MATRIX_ENTRY("cca_attention_matrix<" type "," #D ",w" #W ">", (cca_attention_matrix<T, D, W>), \
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

inline NativeEntries cca_attention_entries() {
  static const NativeEntry table[] = {
      CCA_ATTENTION_OF(float, "f32", 32),        CCA_ATTENTION_OF(Bf16, "bf16", 32),
      CCA_ATTENTION_OF(F16, "f16", 32),          CCA_ATTENTION_OF(float, "f32", 64),
      CCA_ATTENTION_OF(Bf16, "bf16", 64),        CCA_ATTENTION_OF(F16, "f16", 64),
      CCA_ATTENTION_MATRIX_OF(Bf16, "bf16", 32), CCA_ATTENTION_MATRIX_OF(F16, "f16", 32),
      CCA_ATTENTION_MATRIX_OF(Bf16, "bf16", 64), CCA_ATTENTION_MATRIX_OF(F16, "f16", 64),
  };
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
