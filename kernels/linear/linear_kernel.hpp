// linear, native: for few tokens a wave takes weight rows and splits their terms among its lanes
// (and among blocks where rows are few); for more tokens, tiles of 64 by 64 through shared memory.
#pragma once

#include <dialect.hpp>
#include <registers.hpp>

#include "kernels/common/dialect/common/floats.hpp"
#include "kernels/common/dialect/common/tile_product.hpp"
#include "kernels/linear/linear_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// For kernels without shared memory.
struct LinearNoShared {};

/// Adds the products of N neighbouring terms from k on to the dot products of the rows and tokens.
template <int N, int Tokens, class T>
KDEV void linear_add_piece(const T* const (&x)[Tokens], const T* const (&w)[linear_rows_per_wave],
                           u32 k, float (&sum)[linear_rows_per_wave][Tokens]) {
  float term[Tokens][N];
  K_UNROLL
  for (int t = 0; t < Tokens; ++t) k_load_floats(x[t] + k, term[t]);
  K_UNROLL
  for (u32 r = 0; r < linear_rows_per_wave; ++r) {
    float weight[N];
    k_load_floats(w[r] + k, weight);
    K_UNROLL
    for (int t = 0; t < Tokens; ++t) {
      K_UNROLL
      for (int j = 0; j < N; ++j) sum[r][t] = k_fma(weight[j], term[t][j], sum[r][t]);
    }
  }
}

/// Whether registers are tight: four tokens and four rows of 16-bit values are 64 floats per lane
/// in addition to 16 sums. One piece at a time fits the 80 registers that three concurrent blocks
/// leave; two pieces, or four blocks, would spill.
template <class T, int Tokens>
inline constexpr bool linear_is_crowded = sizeof(T) == 2 && Tokens == 4;
template <class T, int Tokens>
inline constexpr int linear_min_blocks = linear_is_crowded<T, Tokens> ? 3 : 0;

/// Adds a lane's share: pieces of N terms, W pieces apart, in order.
template <int W, int N, int Tokens, class T>
KDEV void linear_add_terms(const T* const (&x)[Tokens], const T* const (&w)[linear_rows_per_wave],
                           u32 begin, u32 end, float (&sum)[linear_rows_per_wave][Tokens]) {
  const u32 first = begin + k_tid() % W * N;
  if constexpr (linear_is_crowded<T, Tokens>) {
    K_ROLL
    for (u32 k = first; k < end; k += W * N) linear_add_piece<N>(x, w, k, sum);
  } else {
    for (u32 k = first; k < end; k += W * N) linear_add_piece<N>(x, w, k, sum);
  }
}

/// y for few tokens. Grid: x, groups of waves * linear_rows_per_wave outputs; y, groups of Tokens
/// tokens; z, splits of `share` terms each (a multiple of 16 / sizeof(T)). The sums go to `part`,
/// f32 [splits,tokens,out], where it is not null, else to y.
template <class T, int W, int Tokens>
KGLOBAL KBOUNDS_BLOCKS(linear_threads, (linear_min_blocks<T, Tokens>)) void linear_rows_kernel(
    const T* x, const T* weight, T* y, float* part, u32 tokens, u32 out, u32 in, u32 share) {
  constexpr int wide = k_widest<T>;
  const u32 wave = k_block() * (k_threads() / W) + k_tid() / W;
  const u32 first_row = wave * linear_rows_per_wave, first_token = k_block_y() * Tokens;
  // Beyond the last row or token the last one is computed again but not stored: waves stay whole.
  const T* rows[linear_rows_per_wave];
  const T* tokens_of[Tokens];
  for (u32 r = 0; r < linear_rows_per_wave; ++r) {
    rows[r] = weight + static_cast<u64>(k_min(first_row + r, out - 1)) * in;
  }
  for (u32 t = 0; t < Tokens; ++t) {
    tokens_of[t] = x + static_cast<u64>(k_min(first_token + t, tokens - 1)) * in;
  }
  float sum[linear_rows_per_wave][Tokens];
  for (u32 r = 0; r < linear_rows_per_wave; ++r) {
    for (u32 t = 0; t < Tokens; ++t) sum[r][t] = 0;
  }
  const u32 begin = k_block_z() * share, end = k_min(in, begin + share);
  if (in % wide == 0) {
    linear_add_terms<W, wide>(tokens_of, rows, begin, end, sum);
  } else {
    linear_add_terms<W, 1>(tokens_of, rows, begin, end, sum);
  }
  for (u32 r = 0; r < linear_rows_per_wave; ++r) {
    for (u32 t = 0; t < Tokens; ++t) {
      const float total = k_wave_sum<W>(sum[r][t]);
      const u32 o = first_row + r, token = first_token + t;
      if (k_tid() % W == 0 && o < out && token < tokens) {
        const u64 at = static_cast<u64>(token) * out + o;
        if (part != nullptr) {
          part[static_cast<u64>(k_block_z()) * tokens * out + at] = total;
        } else {
          y[at] = k_from_float<T>(total);
        }
      }
    }
  }
}

/// y[i], or y_f32[i] where it is not null, = sum of the splits' partials in their order; count =
/// tokens * out.
template <class T, int W>
KGLOBAL KBOUNDS(linear_threads) void linear_sum_kernel(const float* part, T* y, float* y_f32,
                                                       u64 count, u32 splits) {
  const u64 i = static_cast<u64>(k_block()) * k_threads() + k_tid();
  if (i >= count) return;
  float sum = part[i];
  for (u32 split = 1; split < splits; ++split) sum += part[split * count + i];
  k_store_result(y, y_f32, i, sum);
}

/// y for many tokens. Grid: x, tiles of 64 outputs; y, tiles of 64 tokens.
template <class T, int W>
KGLOBAL KBOUNDS(linear_threads) void linear_tiles_kernel(const T* x, const T* weight, T* y,
                                                         float* y_f32, u32 tokens, u32 out,
                                                         u32 in) {
  K_SHARED(KTileShared<linear_tile>, s);
  const u32 t0 = k_block_y() * linear_tile, o0 = k_block() * linear_tile;
  const bool wide = in % 4 == 0;
  KTileProduct<linear_tile> product;
  product.multiply(
      s, in,
      [=](u32 row, u32 k, float(&four)[4]) {
        const u32 t = t0 + row;
        k_load_four(x + static_cast<u64>(t) * in, k, t < tokens ? in : 0, wide, four);
      },
      [=](u32 column, u32 k, float(&four)[4]) {
        const u32 o = o0 + column;
        k_load_four(weight + static_cast<u64>(o) * in, k, o < out ? in : 0, wide, four);
      });
  product.store(y, y_f32, t0, o0, tokens, out);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
