// linear_w4, native: for few tokens a wave takes weight rows, and a lane takes 32 codes of a row at
// once, all of one block; for more tokens, tiles of 64 by 64 through shared memory.
#pragma once

#include <dialect.hpp>

#include "kernels/common/dialect/common/floats.hpp"
#include "kernels/common/dialect/common/four_bit.hpp"
#include "kernels/common/dialect/common/tile_product.hpp"
#include "kernels/linear_w4/linear_w4_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct LinearW4Shared {
  float table[16];
};
struct LinearW4TileShared {
  KTileShared<linear_w4_tile> tile;
  float table[16];
};

/// Codes of each row per lane: 16 bytes.
inline constexpr u32 linear_w4_piece = 32;

/// sum[r][t] += scale (sum of V[code] x) over a piece; the scale multiplies once.
template <int Tokens, class T>
KDEV void linear_w4_add_piece(const KFourBitRows& w, const float (&table)[16],
                              const u32 (&row)[linear_w4_rows_per_wave],
                              const T* const (&x)[Tokens], u32 k,
                              float (&sum)[linear_w4_rows_per_wave][Tokens]) {
  Vec<u32, 4> words[linear_w4_rows_per_wave];
  float part[linear_w4_rows_per_wave][Tokens];
  K_UNROLL
  for (u32 r = 0; r < linear_w4_rows_per_wave; ++r) {
    words[r] = k_load<4>(w.word(row[r], k));
    K_UNROLL
    for (int t = 0; t < Tokens; ++t) part[r][t] = 0;
  }
  K_UNROLL
  for (int n = 0; n < 4; ++n) {
    float term[Tokens][k_codes_per_word];
    K_UNROLL
    for (int t = 0; t < Tokens; ++t) {
      k_load_floats(x[t] + k + static_cast<u32>(n) * k_codes_per_word, term[t]);
    }
    K_UNROLL
    for (u32 r = 0; r < linear_w4_rows_per_wave; ++r) {
      K_UNROLL
      for (u32 j = 0; j < k_codes_per_word; ++j) {
        const float value = table[(words[r][n] >> (4 * w.place(j))) & 15U];
        K_UNROLL
        for (int t = 0; t < Tokens; ++t) part[r][t] = k_fma(value, term[t][j], part[r][t]);
      }
    }
  }
  K_UNROLL
  for (u32 r = 0; r < linear_w4_rows_per_wave; ++r) {
    const float scale = w.scale(row[r], k);
    K_UNROLL
    for (int t = 0; t < Tokens; ++t) sum[r][t] = k_fma(scale, part[r][t], sum[r][t]);
  }
}

/// y, or y_f32 where it is not null, for few tokens. Grid: x, groups of waves * rows_per_wave
/// outputs; y, groups of Tokens tokens.
template <class T, int W, int Tokens>
KGLOBAL KBOUNDS(linear_w4_threads) void linear_w4_rows_kernel(const T* x, const u32* codes,
                                                              const std::uint8_t* exponents,
                                                              const float* absmax, T* y,
                                                              float* y_f32, u32 tokens, u32 out,
                                                              u32 in, u32 block_bits) {
  K_SHARED(LinearW4Shared, s);
  const KFourBitRows w{codes, exponents, absmax, in, block_bits};
  w.fill_table(s.table);
  k_sync();
  const u32 wave = k_block() * (k_threads() / W) + k_tid() / W;
  const u32 first_row = wave * linear_w4_rows_per_wave, first_token = k_block_y() * Tokens;
  // Beyond the last row or token the last one is computed again but not stored: waves stay whole.
  u32 row[linear_w4_rows_per_wave];
  const T* tokens_of[Tokens];
  float sum[linear_w4_rows_per_wave][Tokens];
  K_UNROLL
  for (u32 t = 0; t < Tokens; ++t) {
    tokens_of[t] = x + static_cast<u64>(k_min(first_token + t, tokens - 1)) * in;
  }
  K_UNROLL
  for (u32 r = 0; r < linear_w4_rows_per_wave; ++r) {
    row[r] = k_min(first_row + r, out - 1);
    K_UNROLL
    for (int t = 0; t < Tokens; ++t) sum[r][t] = 0;
  }
  for (u32 k = k_tid() % W * linear_w4_piece; k < in; k += W * linear_w4_piece) {
    linear_w4_add_piece(w, s.table, row, tokens_of, k, sum);
  }
  for (u32 r = 0; r < linear_w4_rows_per_wave; ++r) {
    for (u32 t = 0; t < Tokens; ++t) {
      const float total = k_wave_sum<W>(sum[r][t]);
      const u32 o = first_row + r, token = first_token + t;
      if (k_tid() % W == 0 && o < out && token < tokens) {
        k_store_result(y, y_f32, static_cast<u64>(token) * out + o, total);
      }
    }
  }
}

/// y for many tokens. Grid: x, tiles of 64 outputs; y, tiles of 64 tokens.
template <class T, int W>
KGLOBAL KBOUNDS(linear_w4_threads) void linear_w4_tiles_kernel(const T* x, const u32* codes,
                                                               const std::uint8_t* exponents,
                                                               const float* absmax, T* y,
                                                               float* y_f32, u32 tokens, u32 out,
                                                               u32 in, u32 block_bits) {
  K_SHARED(LinearW4TileShared, s);
  const KFourBitRows w{codes, exponents, absmax, in, block_bits};
  w.fill_table(s.table);
  k_sync();
  const u32 t0 = k_block_y() * linear_w4_tile, o0 = k_block() * linear_w4_tile;
  KTileProduct<linear_w4_tile> product;
  product.multiply(
      s.tile, in,
      [=](u32 row, u32 k, float(&four)[4]) {
        const u32 t = t0 + row;
        k_load_four(x + static_cast<u64>(t) * in, k, t < tokens ? in : 0, true, four);
      },
      [=, &s](u32 column, u32 k, float(&four)[4]) {
        const u32 o = o0 + column;
        w.load_four_or_zeros(s.table, o < out, o, k, four);
      });
  product.store(y, y_f32, t0, o0, tokens, out);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
