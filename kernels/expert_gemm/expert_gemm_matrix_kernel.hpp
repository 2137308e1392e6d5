// expert_gemm, native, with the products on matrix instructions: tiles of one expert's tokens, bf16
// and f16. Tokens are grouped as in expert_gemm_kernel.hpp.
#pragma once

#include <matrix.hpp>

#include "kernels/common/dialect/common/matrix_product.hpp"
#include "kernels/expert_gemm/expert_gemm_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

template <class T, int Rows>
struct ExpertMatrixShared {
  KMatrixShared<T, Rows, expert_matrix_columns> tile;
  u32 token[Rows];  // beyond the tile's last row: any token, with weight 0
  float weight[Rows];
};

/// inner[place,i] = silu(G h) (U h) in the storage type. Grid: x, ranges of 64 inner columns; y,
/// tiles. The product's columns are pairs of a gate and its up.
template <class T, int W, int Rows>
KGLOBAL KBOUNDS(expert_matrix_threads<Rows>) void expert_gate_up_matrix_kernel(
    const T* h, const T* gate_up, const u32* offset, const u32* order, T* inner, u32 hidden,
    u32 inter, u32 experts) {
  constexpr int threads = expert_matrix_threads<Rows>, pairs = expert_matrix_columns / 2;
  using Shared = KMatrixShared<T, Rows, expert_matrix_columns>;
  using Product = KMatrixProduct<T, W, Rows, expert_matrix_columns, threads>;
  K_FITS(Shared, k_lds_everywhere);
  K_SHARED(Shared, s);
  const ExpertTile at = expert_find_tile<Rows>(offset, experts, k_block_y());
  if (at.rows == 0) return;  // the whole block leaves
  const u32 i0 = k_block() * pairs;
  const T* gates = gate_up + static_cast<u64>(at.expert) * 2 * inter * hidden;
  Product product;
  product.multiply(
      s, hidden,
      [=](u32 row) {
        return row < at.rows ? h + static_cast<u64>(order[at.first + row]) * hidden : nullptr;
      },
      [=](u32 column) {
        const auto pair = Product::pair_of(column);
        const u64 line = i0 + pair.index + (pair.second ? inter : 0);
        return i0 + pair.index < inter ? gates + line * hidden : nullptr;
      });
  product.visit_pairs([&](u32 row, u32 index, float gate, float up) {
    const float silu = gate / (1.0F + k_exp(-gate));
    s.out[row][index] = k_from_float<T>(silu * up);
  });
  k_sync();
  k_copy_rows<threads, pairs>(s.out, inter - i0, inter % 8 == 0, [=](u32 row) {
    return row < at.rows ? inner + static_cast<u64>(at.first + row) * inter + i0 : nullptr;
  });
}

/// m[token,o] = weight (D inner); a skip token gets 0, or weight * h where `identity` is 1. Grid:
/// x, ranges of 128 outputs; y, tiles.
template <class T, int W, int Rows>
KGLOBAL KBOUNDS(expert_matrix_threads<Rows>) void expert_down_matrix_kernel(
    const T* h, const T* inner, const T* down, const float* weight, const u32* offset,
    const u32* order, T* m, u32 hidden, u32 inter, u32 experts, u32 identity) {
  constexpr int threads = expert_matrix_threads<Rows>, columns = expert_matrix_columns;
  using Shared = ExpertMatrixShared<T, Rows>;
  K_FITS(Shared, k_lds_everywhere);
  K_SHARED(Shared, s);
  const ExpertTile at = expert_find_tile<Rows>(offset, experts + 1, k_block_y());
  if (at.rows == 0) return;
  const u32 o0 = k_block() * columns;
  const bool routed = at.expert < experts;
  if (k_tid() < Rows) {
    const u32 row = k_tid();
    s.token[row] = order[at.first + k_min(row, at.rows - 1)];
    s.weight[row] = row < at.rows ? weight[s.token[row]] : 0.0F;
  }
  KMatrixProduct<T, W, Rows, columns, threads> product;
  // No terms for tokens that skip: no expert's weights are read, and the sums stay 0.
  product.multiply(
      s.tile, routed ? inter : 0,
      [=](u32 row) {
        return routed && row < at.rows ? inner + static_cast<u64>(at.first + row) * inter : nullptr;
      },
      [=](u32 column) {
        const u64 line = static_cast<u64>(at.expert) * hidden + o0 + column;
        return routed && o0 + column < hidden ? down + line * inter : nullptr;
      });
  const bool passed_on = !routed && identity != 0;
  product.visit([&](u32 row, u32 column, float& value) {
    if (passed_on && row < at.rows && o0 + column < hidden) {
      value = k_to_float(h[static_cast<u64>(s.token[row]) * hidden + o0 + column]);
    }
    const float scale = routed || passed_on ? s.weight[row] : 1.0F;
    s.tile.out[row][column] = k_from_float<T>(scale * value);
  });
  k_sync();
  k_copy_rows<threads, columns>(s.tile.out, hidden - o0, hidden % 8 == 0, [&](u32 row) {
    return row < at.rows ? m + static_cast<u64>(s.token[row]) * hidden + o0 : nullptr;
  });
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
