// conv_mixing, native: a block computes one group (a head of q or of k) of a tile of rows, from
// projections to Q, K, V and the state. Groups of the grouped convolution are heads, so blocks are
// independent of each other. grid = (tiles of rows, groups).
#pragma once

#include <dialect.hpp>
#include "kernels/common/dialect/common/fold.hpp"
#include "kernels/conv_mixing/conv_mixing_rows.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Rows of one sequence, for heads of up to D: y[row,o] = sum_k a[row,k] B[k,o]. A row of `a` is
/// D_{t-1} followed by D_t, so neighbouring rows share one row of D. A thread holds 8 x 4 sums.
/// Weights are loaded in steps of `step` channels into two alternating buffers.
template <int D>
struct ConvTile {
  static constexpr int threads = conv_tile_threads;
  static constexpr int per = 8;          // rows per thread
  static constexpr int columns = D / 4;  // threads along the outputs
  static constexpr int rows = conv_tile_rows(D);
  static constexpr int step = conv_tile_step(D);  // input channels per weight tile
  static constexpr int pad = D + 4;               // shifts 16-byte rows to different banks
  struct Shared {
    float d[rows + 1][pad];     // D of the token before the tile, then of its tokens; then y
    float w[2][2 * step][pad];  // [buffer][2 channel + tap][output]
  };
  static_assert(rows == threads / columns * per && sizeof(Shared) == conv_tile_bytes(D));
  static_assert(sizeof(Shared) <= 48 * 1024, "no device needs an opt-in for it");
};

/// The thread's share of a weight tile: 16 elements, loaded while the previous tile is in use.
template <class T, int D>
struct ConvWeights {
  using Tile = ConvTile<D>;
  static constexpr int wide = conv_wide<T>;
  static constexpr int count = 16 / wide;
  Vec<T, wide> held[count];

  /// Loads the weights of channels from j on; channels beyond d are 0.
  KDEV void load(const ConvGroup<T>& g, u32 j) {
    const u32 depth = 2 * g.a.d;
    K_UNROLL
    for (int n = 0; n < count; ++n) {
      const u32 item = k_tid() + static_cast<u32>(n) * Tile::threads;
      const u32 o = item % D, k = 2 * j + item / D * wide;
      const bool real = o < g.a.d && k < depth;
      const T* from = g.as_t(g.a.grouped) + (real ? static_cast<u64>(g.channel(o)) * depth + k : 0);
      if (real && depth % wide == 0) {
        held[n] = k_load<wide>(from);
        continue;
      }
      for (u32 i = 0; i < wide; ++i) {
        held[n][static_cast<int>(i)] = real && k + i < depth ? from[i] : k_from_float<T>(0.0F);
      }
    }
  }

  KDEV void store(float (&to)[2 * Tile::step][Tile::pad]) const {
    K_UNROLL
    for (int n = 0; n < count; ++n) {
      const u32 item = k_tid() + static_cast<u32>(n) * Tile::threads;
      K_UNROLL
      for (int i = 0; i < wide; ++i) {
        to[item / D * wide + static_cast<u32>(i)][item % D] = k_to_float(held[n][i]);
      }
    }
  }
};

/// acc += the products of one weight tile with channels [j, j + count) of the thread's rows.
template <int D>
KDEV void conv_multiply(const typename ConvTile<D>::Shared& s,
                        const float (&w)[2 * ConvTile<D>::step][ConvTile<D>::pad], u32 j, u32 count,
                        float (&acc)[ConvTile<D>::per][4]) {
  using Tile = ConvTile<D>;
  const u32 row = k_tid() / Tile::columns * Tile::per, o = k_tid() % Tile::columns * 4;
  for (u32 part = 0; part < count; part += 4) {
    Vec<float, 4> a[Tile::per + 1];
    K_UNROLL
    for (int i = 0; i <= Tile::per; ++i) {
      a[i] = k_load<4>(&s.d[row + static_cast<u32>(i)][j + part]);
    }
    K_UNROLL
    for (int e = 0; e < 4; ++e) {
      const u32 k = 2 * (part + static_cast<u32>(e));
      const Vec<float, 4> older = k_load<4>(&w[k][o]);
      const Vec<float, 4> newer = k_load<4>(&w[k + 1][o]);
      K_UNROLL
      for (int i = 0; i < Tile::per; ++i) {
        K_UNROLL
        for (int n = 0; n < 4; ++n) {
          acc[i][n] = k_fma(newer[n], a[i + 1][e], k_fma(older[n], a[i][e], acc[i][n]));
        }
      }
    }
  }
}

template <class T, int D, int W>
KGLOBAL KBOUNDS(128) void conv_mixing_tile(ConvMixingLaunch a) {
  using Tile = ConvTile<D>;
  using Shared = typename Tile::Shared;
  K_SHARED(Shared, s);
  const ConvGroup<T> g{a, k_block_y()};
  const u32 first = k_block() * Tile::rows;
  const u32 rows = k_min(static_cast<u32>(Tile::rows), a.tokens - first);
  constexpr u32 wide = conv_wide<T>;
  ConvWeights<T, D> next;
  next.load(g, 0);
  for (u32 item = k_tid(); item < (Tile::rows + 1) * (D / wide); item += Tile::threads) {
    const u32 i = item / (D / wide), x = item % (D / wide) * wide;
    float d[wide] = {};
    // Line i contains D of the token before row first + i; the last line is D of the tile's last
    // row.
    const u32 last = i == rows ? 1 : 0;
    if (i <= rows && x < a.d) conv_depthwise(g, first + i - last, 1 - last, x, d);
    K_UNROLL
    for (u32 part = 0; part < wide; part += 4) {
      k_store(&s.d[i][x + part], Vec<float, 4>{{d[part], d[part + 1], d[part + 2], d[part + 3]}});
    }
  }
  conv_values(g, first, rows);
  next.store(s.w[0]);
  k_sync();
  conv_state(g, first, rows);  // every read of the old state is done

  float acc[Tile::per][4] = {};
  u32 buffer = 0;
  for (u32 j = 0; j < a.d; j += Tile::step) {
    const bool more = j + Tile::step < a.d;
    if (more) next.load(g, j + Tile::step);
    conv_multiply<D>(s, s.w[buffer], j, k_min(static_cast<u32>(Tile::step), a.d - j), acc);
    buffer ^= 1U;
    if (more) next.store(s.w[buffer]);
    k_sync();
  }
  const u32 row = k_tid() / Tile::columns * Tile::per, o = k_tid() % Tile::columns * 4;
  K_UNROLL
  for (int i = 0; i < Tile::per; ++i) {
    k_store(&s.d[row + static_cast<u32>(i)][o],
            Vec<float, 4>{{acc[i][0], acc[i][1], acc[i][2], acc[i][3]}});
  }
  k_sync();
  for (u32 i = k_tid() / W; i < rows; i += Tile::threads / W) {
    conv_finish<W, D>(g, first + i, s.d[i]);
  }
}

/// A few rows, of a batch or of a short chunk. Weights are read in place, once for all rows. Each
/// wave computes a few outputs, with its lanes along the inputs.
template <int D>
struct ConvFew {
  static constexpr int threads = conv_few_threads;
  static constexpr int rows = conv_few_rows(D);
  static constexpr int outputs = 16 / rows;  // per wave at a time: 16 sums per lane
  struct Shared {
    float a[rows][2 * D];  // [row][2 channel + tap]: D_{t-1}, D_t interleaved like the weights
    float y[rows][D];
  };
  static_assert(sizeof(Shared) <= 16 * 1024, "the smallest profile has it");
};

template <class T, int D, int W>
KGLOBAL KBOUNDS(256) void conv_mixing_few(ConvMixingLaunch a) {
  using Few = ConvFew<D>;
  using Shared = typename Few::Shared;
  K_SHARED(Shared, s);
  const ConvGroup<T> g{a, k_block_y()};
  const u32 first = k_block() * Few::rows;
  const u32 rows = k_min(static_cast<u32>(Few::rows), a.tokens - first);
  constexpr u32 wide = conv_wide<T>;
  for (u32 item = k_tid(); item < Few::rows * (D / wide); item += Few::threads) {
    const u32 i = item / (D / wide), x = item % (D / wide) * wide;
    float before[wide] = {};
    float now[wide] = {};
    if (i < rows && x < a.d && g.live(first + i)) {
      conv_depthwise(g, first + i, 1, x, before);
      conv_depthwise(g, first + i, 0, x, now);
    }
    K_UNROLL
    for (u32 e = 0; e < wide; e += 2) {
      k_store(&s.a[i][2 * (x + e)], Vec<float, 4>{{before[e], now[e], before[e + 1], now[e + 1]}});
    }
  }
  conv_values(g, first, rows);
  k_sync();
  conv_state(g, first, rows);  // every read of the old state is done

  const u32 lane = k_tid() % W, wave = k_tid() / W, depth = 2 * a.d;
  for (u32 o = wave * Few::outputs; o < a.d; o += Few::threads / W * Few::outputs) {
    float sum[Few::rows][Few::outputs] = {};
    for (u32 k = lane * wide; k < depth; k += W * wide) {
      float w[Few::outputs][wide];
      K_UNROLL
      for (int n = 0; n < Few::outputs; ++n) {
        const u64 row = g.channel(k_min(o + static_cast<u32>(n), a.d - 1));
        conv_take(g.as_t(a.grouped) + row * depth + k, depth % wide == 0, depth - k, w[n]);
      }
      K_UNROLL
      for (int i = 0; i < Few::rows; ++i) {
        float d[wide];
        conv_take_lds(&s.a[i][k], d);
        K_UNROLL
        for (int n = 0; n < Few::outputs; ++n) {
          K_UNROLL
          for (int e = 0; e < static_cast<int>(wide); ++e) {
            sum[i][n] = k_fma(w[n][e], d[e], sum[i][n]);
          }
        }
      }
    }
    float all[16];
    K_UNROLL
    for (int i = 0; i < 16; ++i) all[i] = sum[i / Few::outputs][i % Few::outputs];
    k_fold<W, W, 16>(all);
    constexpr u32 share = W / 16;  // lanes that hold one sum
    const u32 mine = lane / share, n = mine % Few::outputs;
    if (lane % share == 0 && o + n < a.d) s.y[mine / Few::outputs][o + n] = all[0];
  }
  k_sync();
  for (u32 i = wave; i < rows; i += Few::threads / W) conv_finish<W, D>(g, first + i, s.y[i]);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
