// expert_gemm_w4, native: expert_gemm's sort, then blocks multiply tiles of an expert's tokens by
// 64 outputs, whose weights are decoded on their way into shared memory.
#pragma once

#include <dialect.hpp>

#include "kernels/common/dialect/common/floats.hpp"
#include "kernels/common/dialect/common/four_bit.hpp"
#include "kernels/common/dialect/common/tile_product.hpp"
#include "kernels/expert_gemm/expert_gemm_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Tag of this kernel's instances of expert_gemm's sort: each symbol belongs to one kernel.
struct ExpertGemmW4;

template <int Rows>
struct ExpertW4Shared {
  KTileShared<Rows> tile;
  float table[16];
};

/// inner[place,i] = silu(G h) (U h) in the storage type. Grid: x, ranges of 32 inner columns; y,
/// tiles. Of a thread's four columns two are gates and two are their ups.
template <class T, int W, int Rows>
KGLOBAL KBOUNDS(expert_threads) void expert_w4_gate_up_kernel(const T* h, const u32* codes,
                                                              const std::uint8_t* exponents,
                                                              const float* absmax,
                                                              const u32* offset, const u32* order,
                                                              T* inner, u32 hidden, u32 inter,
                                                              u32 experts, u32 block_bits) {
  K_SHARED(ExpertW4Shared<Rows>, s);
  const ExpertTile at = expert_find_tile<Rows>(offset, experts, k_block_y());
  if (at.rows == 0) return;  // the whole block leaves
  const KFourBitRows w{codes, exponents, absmax, hidden, block_bits};
  w.fill_table(s.table);
  k_sync();
  const u32 i0 = k_block() * expert_inner;
  const u32 my_row = KTileProduct<Rows>::load_place();
  const bool there = my_row < at.rows;
  const T* mine = h + static_cast<u64>(there ? order[at.first + my_row] : 0) * hidden;
  KTileProduct<Rows> product;
  product.multiply(
      s.tile, hidden,
      [=](u32, u32 k, float(&four)[4]) { k_load_four(mine, k, there ? hidden : 0, true, four); },
      [=, &s](u32 column, u32 k, float(&four)[4]) {
        const u32 i = i0 + column / 4 * 2 + column % 2;
        const u32 half = column % 4 < 2 ? 0 : inter;
        w.load_four_or_zeros(s.table, i < inter, at.expert * 2 * inter + half + i, k, four);
      });
  expert_store_inner(product, at, i0, inner, inter);
}

/// m[token,o] = weight (D inner); a skip token gets 0, or weight * h where `identity` is 1. Grid:
/// x, ranges of 64 outputs; y, tiles.
template <class T, int W, int Rows>
KGLOBAL KBOUNDS(expert_threads) void expert_w4_down_kernel(
    const T* h, const T* inner, const u32* codes, const std::uint8_t* exponents,
    const float* absmax, const float* weight, const u32* offset, const u32* order, T* m, u32 hidden,
    u32 inter, u32 experts, u32 block_bits, u32 identity) {
  K_SHARED(ExpertW4Shared<Rows>, s);
  const ExpertTile at = expert_find_tile<Rows>(offset, experts + 1, k_block_y());
  if (at.rows == 0) return;
  const KFourBitRows w{codes, exponents, absmax, inter, block_bits};
  w.fill_table(s.table);
  k_sync();
  const u32 o0 = k_block() * expert_outputs;
  const bool routed = at.expert < experts;
  KTileProduct<Rows> product;
  product.multiply(
      s.tile, routed ? inter : 0,
      [=](u32 row, u32 k, float(&four)[4]) {
        const u32 place = at.first + row;
        k_load_four(inner + static_cast<u64>(place) * inter, k, row < at.rows && routed ? inter : 0,
                    true, four);
      },
      [=, &s](u32 column, u32 k, float(&four)[4]) {
        const u32 o = o0 + column;
        w.load_four_or_zeros(s.table, o < hidden && routed, at.expert * hidden + o, k, four);
      });
  expert_store_outputs(product, at, o0, routed, h, weight, order, m, hidden, identity);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
