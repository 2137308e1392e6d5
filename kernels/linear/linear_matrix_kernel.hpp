// linear, native, on matrix instructions: square tiles of tokens by outputs, bf16 and f16.
#pragma once

#include <matrix.hpp>

#include "kernels/common/dialect/common/matrix_product.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Shared memory of a tile of tokens by outputs: 128 each where such tiles fill a device, else 64.
template <class T, int Tile>
using LinearMatrixShared = KMatrixShared<T, Tile, Tile>;

/// Grid: tiles of tokens times tiles of outputs; neighbouring blocks share weight rows.
template <class T, int W, int Tile>
KGLOBAL KBOUNDS(2 * Tile) void linear_matrix_kernel(const T* x, const T* weight, T* y, float* y_f32,
                                                    u32 tokens, u32 out, u32 in) {
  constexpr int threads = 2 * Tile;
  using Shared = LinearMatrixShared<T, Tile>;
  K_FITS(Shared, k_lds_everywhere);
  K_SHARED(Shared, s);
  const u32 token_tiles = k_pieces(tokens, Tile);
  const u32 t0 = k_block() % token_tiles * Tile, o0 = k_block() / token_tiles * Tile;
  KMatrixProduct<T, W, Tile, Tile, threads> product;
  product.multiply(
      s, in,
      [=](u32 row) { return t0 + row < tokens ? x + static_cast<u64>(t0 + row) * in : nullptr; },
      [=](u32 column) {
        return o0 + column < out ? weight + static_cast<u64>(o0 + column) * in : nullptr;
      });
  if (y_f32 != nullptr) {
    product.visit([=](u32 row, u32 column, float& value) {
      const u32 t = t0 + row, o = o0 + column;
      if (t < tokens && o < out) y_f32[static_cast<u64>(t) * out + o] = value;
    });
    return;  // the whole block leaves
  }
  product.visit(
      [&](u32 row, u32 column, float& value) { s.out[row][column] = k_from_float<T>(value); });
  k_sync();
  k_copy_rows<threads, Tile>(s.out, out - o0, out % 8 == 0, [=](u32 row) {
    return t0 + row < tokens ? y + static_cast<u64>(t0 + row) * out + o0 : nullptr;
  });
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
