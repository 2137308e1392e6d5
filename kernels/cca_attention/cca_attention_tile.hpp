// cca_attention, native, many query rows. A block processes a tile of query rows over all their
// keys, one tile of K and V at a time in shared memory, with running maxima and sums (online
// softmax). grid = (tiles of query rows, kv heads, sequences).
#pragma once

#include "kernels/cca_attention/cca_attention_rows.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Sixteen neighbouring threads own four query rows. Each thread has keys tc, tc + 16 .. of a tile
/// and the components (16 c + tc) part .. of the sum.
template <class T, int D>
struct AttentionTileOf {
  static constexpr AttentionTile cut = attention_tile(sizeof(T), D);
  static constexpr int rows = cut.rows, keys = cut.keys, buffers = cut.buffers;
  static constexpr int threads = cut.threads();
  static constexpr int wide = attention_wide<T>;
  static constexpr int own_rows = 4, columns = 16;
  static constexpr int own_keys = keys / columns;
  static constexpr int own = D / columns;                  // components per thread
  static constexpr int part = wide < own ? wide : own;     // contiguous ones among them
  static constexpr int moves = keys * D / wide / threads;  // 16-byte accesses per tile of K
  struct Shared {
    float q[rows][D + 4];  // scaled by factor
    T k[buffers][keys][D + wide];
    T v[buffers][keys][D + wide];
    float p[rows][keys + 4];  // weights; a row is written and read by the same sixteen threads
  };
  static_assert(sizeof(Shared) == cut.bytes(sizeof(T), D) && sizeof(Shared) <= 64 * 1024);
};

/// State of the sixteen threads of four rows, carried from tile to tile.
template <class T, int D>
struct AttentionRows {
  using Tile = AttentionTileOf<T, D>;
  AttentionRange seen[Tile::own_rows];
  float largest[Tile::own_rows];
  float total[Tile::own_rows];  // of this thread's keys only
  float sum[Tile::own_rows][Tile::own];

  KDEV void start(const AttentionHead& h, u32 first) {
    K_UNROLL
    for (int i = 0; i < Tile::own_rows; ++i) {
      const u32 r = first + k_tid() / Tile::columns * Tile::own_rows + static_cast<u32>(i);
      seen[i] = r < h.row_count() ? h.seen_by(r / h.group()) : AttentionRange{0, 0};
      largest[i] = attention_nothing();
      total[i] = 0;
      K_UNROLL
      for (int x = 0; x < Tile::own; ++x) sum[i][x] = 0;
    }
  }

  /// score[i][n] = q[row i] . k[key tc + 16 n], over components that exist.
  KDEV void scores(const typename Tile::Shared& s, u32 buffer, u32 d,
                   float (&score)[Tile::own_rows][Tile::own_keys]) const {
    const u32 row = k_tid() / Tile::columns * Tile::own_rows, key = k_tid() % Tile::columns;
    K_UNROLL
    for (int i = 0; i < Tile::own_rows; ++i) {
      K_UNROLL
      for (int n = 0; n < Tile::own_keys; ++n) score[i][n] = 0;
    }
    for (u32 x = 0; x < d; x += Tile::wide) {
      Vec<T, Tile::wide> k[Tile::own_keys];
      K_UNROLL
      for (int n = 0; n < Tile::own_keys; ++n) {
        k[n] = k_load<Tile::wide>(&s.k[buffer][key + static_cast<u32>(n) * Tile::columns][x]);
      }
      K_UNROLL
      for (int at = 0; at < Tile::wide; at += 4) {
        K_UNROLL
        for (int i = 0; i < Tile::own_rows; ++i) {
          const Vec<float, 4> q =
              k_load<4>(&s.q[row + static_cast<u32>(i)][x + static_cast<u32>(at)]);
          K_UNROLL
          for (int n = 0; n < Tile::own_keys; ++n) {
            K_UNROLL
            for (int e = 0; e < 4; ++e) {
              score[i][n] = k_fma(q[e], k_to_float(k[n][at + e]), score[i][n]);
            }
          }
        }
      }
    }
  }

  /// Turns scores of keys from s0 on into weights in shared memory and rescales older sums.
  template <int W>
  KDEV void soften(typename Tile::Shared& s, i32 s0,
                   float (&score)[Tile::own_rows][Tile::own_keys]) {
    const u32 row = k_tid() / Tile::columns * Tile::own_rows, key = k_tid() % Tile::columns;
    K_UNROLL
    for (int i = 0; i < Tile::own_rows; ++i) {
      float most = attention_nothing();
      K_UNROLL
      for (int n = 0; n < Tile::own_keys; ++n) {
        const i32 at = s0 + static_cast<i32>(key) + n * Tile::columns;
        if (at < seen[i].begin || at >= seen[i].end) score[i][n] = attention_nothing();
        most = k_max(most, score[i][n]);
      }
      K_UNROLL
      for (u32 distance = Tile::columns / 2; distance > 0; distance >>= 1) {
        most = k_max(most, k_shfl_xor<W>(most, distance));
      }
      const AttentionRise rise = attention_rise(largest[i], most);
      largest[i] = rise.largest;
      total[i] *= rise.shrink;
      K_UNROLL
      for (int n = 0; n < Tile::own_keys; ++n) {
        const float weight = k_exp2(score[i][n] - rise.base);
        total[i] += weight;
        s.p[row + static_cast<u32>(i)][key + static_cast<u32>(n) * Tile::columns] = weight;
      }
      K_UNROLL
      for (int x = 0; x < Tile::own; ++x) sum[i][x] *= rise.shrink;
    }
  }

  /// sum += weights times values of the first `count` keys of the tile, key by key.
  KDEV void mix(const typename Tile::Shared& s, u32 buffer, i32 count) {
    const u32 row = k_tid() / Tile::columns * Tile::own_rows, column = k_tid() % Tile::columns;
    // Keys per step, limited by registers: f32 rows in flight take twice those of 16 bits.
    constexpr int step = Tile::own > 8 || (sizeof(T) == 4 && Tile::own == 8) ? 2 : 4;
    for (i32 key = 0; key < count; key += step) {
      Vec<float, step> p[Tile::own_rows];
      K_UNROLL
      for (int i = 0; i < Tile::own_rows; ++i) {
        p[i] = k_load<step>(&s.p[row + static_cast<u32>(i)][key]);
      }
      K_UNROLL
      for (int e = 0; e < step; ++e) {
        K_UNROLL
        for (int c = 0; c < Tile::own / Tile::part; ++c) {
          const u32 x = (static_cast<u32>(c) * Tile::columns + column) * Tile::part;
          const Vec<T, Tile::part> v = k_load<Tile::part>(&s.v[buffer][key + e][x]);
          K_UNROLL
          for (int l = 0; l < Tile::part; ++l) {
            const float value = k_to_float(v[l]);
            K_UNROLL
            for (int i = 0; i < Tile::own_rows; ++i) {
              float& target = sum[i][c * Tile::part + l];
              target = k_fma(p[i][e], value, target);
            }
          }
        }
      }
    }
  }

  template <int W>
  KDEV void finish(const AttentionHead& h, u32 first, u32 count) {
    const u32 row = k_tid() / Tile::columns * Tile::own_rows, column = k_tid() % Tile::columns;
    K_UNROLL
    for (int i = 0; i < Tile::own_rows; ++i) {
      float all = total[i];
      K_UNROLL
      for (u32 distance = Tile::columns / 2; distance > 0; distance >>= 1) {
        all += k_shfl_xor<W>(all, distance);
      }
      const u32 r = row + static_cast<u32>(i);
      if (r >= count) continue;
      T* out = static_cast<T*>(h.a.out) + h.query(first + r) * h.a.d;
      K_UNROLL
      for (int c = 0; c < Tile::own / Tile::part; ++c) {
        const u32 x = (static_cast<u32>(c) * Tile::columns + column) * Tile::part;
        Vec<T, Tile::part> some;
        K_UNROLL
        for (int l = 0; l < Tile::part; ++l) {
          some[l] = k_from_float<T>(attention_quotient(sum[i][c * Tile::part + l], all));
        }
        if (h.a.d % Tile::part == 0 && x < h.a.d) {
          k_store(out + x, some);
          continue;
        }
        K_UNROLL
        for (int l = 0; l < Tile::part; ++l) {
          if (x + static_cast<u32>(l) < h.a.d) out[x + static_cast<u32>(l)] = some[l];
        }
      }
    }
  }
};

template <class T, int D, int W>
KGLOBAL KBOUNDS(attention_tile(sizeof(T), D).threads()) void cca_attention_tile(
    CcaAttentionLaunch a) {
  using Tile = AttentionTileOf<T, D>;
  using Shared = typename Tile::Shared;
  using Move = AttentionMove<T, D, Tile::threads>;
  K_SHARED(Shared, s);
  const AttentionHead h{a, k_block_z(), k_block_y()};
  const T* keys = static_cast<const T*>(a.k);
  const T* values = static_cast<const T*>(a.v);
  const u32 first = k_block() * Tile::rows;
  const u32 count = k_min(static_cast<u32>(Tile::rows), h.row_count() - first);
  const AttentionRange all = h.seen_by_rows(first, count);
  AttentionRows<T, D> rows;
  rows.start(h, first);
  for (u32 item = k_tid(); item < Tile::rows * (D / 4); item += Tile::threads) {
    const u32 r = item / (D / 4), x = item % (D / 4) * 4;
    const u32 valid = r < count && x < a.d ? a.d - x : 0;
    const T* q = static_cast<const T*>(a.q) + (valid != 0 ? h.query(first + r) * a.d + x : 0);
    const Vec<T, 4> four = attention_take<4>(q, a.d % 4 == 0, valid);
    Vec<float, 4> scaled;
    K_UNROLL
    for (int i = 0; i < 4; ++i) scaled[i] = k_to_float(four[i]) * a.factor;
    k_store(&s.q[r][x], scaled);
  }
  float score[Tile::own_rows][Tile::own_keys];
  if constexpr (Tile::buffers == 2) {
    Vec<T, Tile::wide> k[Tile::moves];
    Vec<T, Tile::wide> v[Tile::moves];
    u32 buffer = 0;
    // Loads run one tile ahead of the sums, in registers; the first iteration only loads.
    for (i32 s0 = all.begin - Tile::keys; s0 < all.end; s0 += Tile::keys) {
      const i32 ahead = s0 + Tile::keys;
      K_UNROLL
      for (int n = 0; n < Tile::moves; ++n) {
        k[n] = Move::take(h, keys, ahead, all.end, n);
        v[n] = Move::take(h, values, ahead, all.end, n);
      }
      if (s0 >= all.begin) {
        rows.scores(s, buffer, a.d, score);
        rows.template soften<W>(s, s0, score);
        k_syncwave<W>();
        rows.mix(s, buffer, k_min(all.end - s0, static_cast<i32>(Tile::keys)));
        buffer ^= 1U;
      }
      if (ahead < all.end) {
        K_UNROLL
        for (int n = 0; n < Tile::moves; ++n) {
          k_store(&s.k[buffer][Move::line(n)][Move::column(n)], k[n]);
          k_store(&s.v[buffer][Move::line(n)][Move::column(n)], v[n]);
        }
      }
      k_sync();
    }
  } else {
    for (i32 s0 = all.begin; s0 < all.end; s0 += Tile::keys) {
      for (int n = 0; n < Tile::moves; ++n) {
        k_store(&s.k[0][Move::line(n)][Move::column(n)], Move::take(h, keys, s0, all.end, n));
        k_store(&s.v[0][Move::line(n)][Move::column(n)], Move::take(h, values, s0, all.end, n));
      }
      k_sync();
      rows.scores(s, 0, a.d, score);
      rows.template soften<W>(s, s0, score);
      k_syncwave<W>();
      rows.mix(s, 0, k_min(all.end - s0, static_cast<i32>(Tile::keys)));
      k_sync();
    }
  }
  rows.template finish<W>(h, first, count);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
