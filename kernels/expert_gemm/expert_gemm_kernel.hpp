// expert_gemm, native: three launches group the tokens by a stable counting sort, then blocks
// multiply tiles of an expert's tokens by 64 outputs, first for silu(gate) * up, then for the down
// projection.
#pragma once

#include <dialect.hpp>

#include "kernels/common/dialect/common/floats.hpp"
#include "kernels/common/dialect/common/tile_product.hpp"
#include "kernels/expert_gemm/expert_gemm_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct ExpertBinsShared {
  u32 bin[expert_tokens_per_block];
};
struct ExpertNoShared {};

/// Writes a token's bin to shared memory: its expert, or skip (= experts) for any other choice;
/// beyond the last token an unused bin. Ends with a barrier.
KDEV void expert_read_bins(ExpertBinsShared& s, const i32* choice, u32 tokens, u32 experts) {
  const u32 t = k_block() * expert_tokens_per_block + k_tid();
  u32 bin = experts + 1;
  if (t < tokens) {
    const i32 e = choice[t];
    bin = e >= 0 && static_cast<u32>(e) < experts ? static_cast<u32>(e) : experts;
  }
  s.bin[k_tid()] = bin;
  k_sync();
}

/// Tag: each kernel that sorts its tokens this way has its own instances and symbols.
struct ExpertGemm;

/// count[bin * blocks + block] for all experts + 1 bins. Grid: one block per
/// expert_tokens_per_block tokens.
template <int W, class Kernel = ExpertGemm>
KGLOBAL KBOUNDS(expert_threads) void expert_count_kernel(const i32* choice, u32 tokens, u32 experts,
                                                         u32* count) {
  K_SHARED(ExpertBinsShared, s);
  expert_read_bins(s, choice, tokens, experts);
  for (u32 bin = k_tid(); bin <= experts; bin += k_threads()) {
    u32 sum = 0;
    for (u32 i = 0; i < expert_tokens_per_block; ++i) sum += s.bin[i] == bin ? 1 : 0;
    count[static_cast<u64>(bin) * k_blocks() + k_block()] = sum;
  }
}

/// Runs in one block. count becomes, for each bin and block, the number of tokens of that bin in
/// the blocks before; offset[bin] becomes the first position of the bin in the order,
/// offset[experts + 1] the number of tokens.
template <int W, class Kernel = ExpertGemm>
KGLOBAL KBOUNDS(expert_threads) void expert_scan_kernel(u32* count, u32 blocks, u32 experts,
                                                        u32* offset) {
  const u32 lane = k_tid() % W;
  for (u32 bin = k_tid() / W; bin <= experts; bin += k_threads() / W) {
    u32* of_bin = count + static_cast<u64>(bin) * blocks;
    u32 before = 0;
    for (u32 first = 0; first < blocks; first += W) {
      const u32 block = first + lane;
      const u32 mine = block < blocks ? of_bin[block] : 0;
      const u32 up_to = k_wave_scan<W>(mine);
      if (block < blocks) of_bin[block] = before + up_to - mine;
      before += k_shfl<W>(up_to, W - 1);
    }
    if (lane == 0) offset[bin + 1] = before;
  }
  k_sync();
  if (k_tid() == 0) {
    u32 sum = 0;
    offset[0] = 0;
    for (u32 bin = 0; bin <= experts; ++bin) {
      sum += offset[bin + 1];
      offset[bin + 1] = sum;
    }
  }
}

/// order[offset[bin] + …] = the bin's tokens in their order. Grid as for expert_count_kernel.
template <int W, class Kernel = ExpertGemm>
KGLOBAL KBOUNDS(expert_threads) void expert_place_kernel(const i32* choice, u32 tokens, u32 experts,
                                                         const u32* before, const u32* offset,
                                                         u32* order) {
  K_SHARED(ExpertBinsShared, s);
  expert_read_bins(s, choice, tokens, experts);
  const u32 bin = s.bin[k_tid()];
  if (bin > experts) return;
  u32 rank = 0;
  for (u32 i = 0; i < k_tid(); ++i) rank += s.bin[i] == bin ? 1 : 0;
  const u32 place = offset[bin] + before[static_cast<u64>(bin) * k_blocks() + k_block()] + rank;
  order[place] = k_block() * expert_tokens_per_block + k_tid();
}

/// Tokens that share an expert: positions first .. first + rows - 1. rows = 0: there is no such
/// tile.
struct ExpertTile {
  u32 expert, first, rows;
};
/// Tile number `tile` of the first `bins` bins, cut into tiles of at most Rows tokens. There are at
/// most tokens / Rows + bins tiles.
template <int Rows>
KDEV ExpertTile expert_find_tile(const u32* offset, u32 bins, u32 tile) {
  for (u32 bin = 0; bin < bins; ++bin) {
    const u32 begin = offset[bin], count = offset[bin + 1] - begin;
    const u32 tiles = k_pieces(count, Rows);
    if (tile < tiles) {
      const u32 rest = count - tile * Rows;
      return ExpertTile{bin, begin + tile * Rows, k_min(rest, static_cast<u32>(Rows))};
    }
    tile -= tiles;
  }
  return ExpertTile{bins, 0, 0};
}

/// Stores silu(gate) * up of a product from inner column i0 on. Of a thread's four columns two are
/// gates and two are their ups.
template <class T, int Rows>
KDEV void expert_store_inner(const KTileProduct<Rows>& product, const ExpertTile& at, u32 i0,
                             T* inner, u32 inter) {
  for (int r = 0; r < product.my_rows; ++r) {
    const u32 row = product.row(r);
    for (int j = 0; j < 2; ++j) {
      const u32 i = i0 + product.column(0) / 2 + static_cast<u32>(j);
      if (row < at.rows && i < inter) {
        const float gate = product.sum[r][j], up = product.sum[r][j + 2];
        const float silu = gate / (1.0F + k_exp(-gate));
        inner[static_cast<u64>(at.first + row) * inter + i] = k_from_float<T>(silu * up);
      }
    }
  }
}

/// Stores the tokens' outputs from column o0 on: weight times the product. A skip token (not
/// `routed`) gets 0, or weight * h where `identity` is 1.
template <class T, int Rows>
KDEV void expert_store_outputs(const KTileProduct<Rows>& product, const ExpertTile& at, u32 o0,
                               bool routed, const T* h, const float* weight, const u32* order, T* m,
                               u32 hidden, u32 identity) {
  for (int r = 0; r < product.my_rows; ++r) {
    const u32 row = product.row(r);
    if (row >= at.rows) continue;
    const u32 token = order[at.first + row];
    const float scale = weight[token];
    for (int j = 0; j < product.my_columns; ++j) {
      const u32 o = o0 + product.column(j);
      if (o >= hidden) continue;
      const u64 to = static_cast<u64>(token) * hidden + o;
      float value = 0;
      if (routed) {
        value = scale * product.sum[r][j];
      } else if (identity != 0) {
        value = scale * k_to_float(h[to]);
      }
      m[to] = k_from_float<T>(value);
    }
  }
}

/// inner[place,i] = silu(G h) (U h) in the storage type. Grid: x, ranges of 32 inner columns; y,
/// tiles. Of a thread's four columns two are gates and two are their ups.
template <class T, int W, int Rows>
KGLOBAL KBOUNDS(expert_threads) void expert_gate_up_kernel(const T* h, const T* gate_up,
                                                           const u32* offset, const u32* order,
                                                           T* inner, u32 hidden, u32 inter,
                                                           u32 experts) {
  K_SHARED(KTileShared<Rows>, s);
  const ExpertTile at = expert_find_tile<Rows>(offset, experts, k_block_y());
  if (at.rows == 0) return;  // the whole block leaves
  const u32 i0 = k_block() * expert_inner;
  const bool wide = hidden % 4 == 0;
  const T* gates = gate_up + static_cast<u64>(at.expert) * 2 * inter * hidden;
  const T* ups = gates + static_cast<u64>(inter) * hidden;
  // The one row that this thread loads throughout.
  const u32 my_row = KTileProduct<Rows>::load_place();
  const bool there = my_row < at.rows;
  const T* mine = h + static_cast<u64>(there ? order[at.first + my_row] : 0) * hidden;
  KTileProduct<Rows> product;
  product.multiply(
      s, hidden,
      [=](u32, u32 k, float(&four)[4]) { k_load_four(mine, k, there ? hidden : 0, wide, four); },
      [=](u32 column, u32 k, float(&four)[4]) {
        const u32 i = i0 + column / 4 * 2 + column % 2;
        const T* rows = column % 4 < 2 ? gates : ups;
        k_load_four(rows + static_cast<u64>(i) * hidden, k, i < inter ? hidden : 0, wide, four);
      });
  expert_store_inner(product, at, i0, inner, inter);
}

/// m[token,o] = weight (D inner); a skip token gets 0, or weight * h where `identity` is 1. Grid:
/// x, ranges of 64 outputs; y, tiles.
template <class T, int W, int Rows>
KGLOBAL KBOUNDS(expert_threads) void expert_down_kernel(const T* h, const T* inner, const T* down,
                                                        const float* weight, const u32* offset,
                                                        const u32* order, T* m, u32 hidden,
                                                        u32 inter, u32 experts, u32 identity) {
  K_SHARED(KTileShared<Rows>, s);
  const ExpertTile at = expert_find_tile<Rows>(offset, experts + 1, k_block_y());
  if (at.rows == 0) return;
  const u32 o0 = k_block() * expert_outputs;
  const bool wide = inter % 4 == 0, routed = at.expert < experts;
  const T* rows = down + static_cast<u64>(routed ? at.expert : 0) * hidden * inter;
  KTileProduct<Rows> product;
  product.multiply(
      s, routed ? inter : 0,
      [=](u32 row, u32 k, float(&four)[4]) {
        const u32 place = at.first + row;
        k_load_four(inner + static_cast<u64>(place) * inter, k, row < at.rows && routed ? inter : 0,
                    wide, four);
      },
      [=](u32 column, u32 k, float(&four)[4]) {
        const u32 o = o0 + column;
        k_load_four(rows + static_cast<u64>(o) * inter, k, o < hidden && routed ? inter : 0, wide,
                    four);
      });
  expert_store_outputs(product, at, o0, routed, h, weight, order, m, hidden, identity);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
