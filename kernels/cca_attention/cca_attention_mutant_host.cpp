// Kernel instances used to test seeded bugs in cca_attention.
#include "kernels/cca_attention/cca_attention_kernel.hpp"

#define CCA_ATTENTION_TRIED(W)                                                                    \
  K_ENTRY("cca_attention_tile<f32,64,w" #W ">", (cca_attention_tile<float, 64, W>), W, 128,       \
          decltype(AttentionTileOf<float, 64>::Shared())),                                        \
      K_ENTRY("cca_attention_split<f32,64,w" #W ">", (cca_attention_split<float, 64, W>), W, 128, \
              decltype(AttentionSplit<float, 64, W>::Shared())),                                  \
      K_ENTRY("cca_attention_merge<f32,w" #W ">", (cca_attention_merge<float, W>), W, 256,        \
              AttentionMergeShared)

#define CCA_ATTENTION_TRIED_MATRIX(W)                                                             \
  K_MATRIX_ENTRY("cca_attention_matrix<bf16,64,w" #W ">", (cca_attention_matrix<Bf16, 64, W>), W, \
                 128, decltype(AttentionMatrix<Bf16, 64, W>::Shared()))

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries cca_attention_entries() {
  static const NativeEntry table[] = {CCA_ATTENTION_TRIED(32), CCA_ATTENTION_TRIED(64),
                                      CCA_ATTENTION_TRIED_MATRIX(32),
                                      CCA_ATTENTION_TRIED_MATRIX(64)};
  return {table, 8};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(cca_attention)
