// mla_attention, native: a block processes a tile of query rows of one set of keys over a split of
// those keys, one tile of keys at a time in shared memory, with running maxima and sums. A latent
// tile serves as keys and as values. grid = (splits times tiles of rows, sets of keys, sequences).
#pragma once

#include <dialect.hpp>
#include <registers.hpp>

#include "kernels/common/dialect/common/fold.hpp"
#include "kernels/mla_attention/mla_attention_rows.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Partitioning of an instance. Scores: a team of neighbouring lanes shares four rows by four keys;
/// each lane handles every team-th chunk of the components. Weights: row_lanes lanes share a row.
/// Values: a thread has `own` components of four rows.
template <class T, bool Latent>
struct MlaTileOf {
  static constexpr MlaTileSize cut = mla_tile_size(sizeof(T), Latent);
  static constexpr int rows = cut.rows, keys = cut.keys, threads = cut.threads;
  static constexpr int width = cut.width, values = cut.values;
  static constexpr int wide = attention_wide<T>;
  static constexpr int some = 4;  // rows, and keys, per thread
  static constexpr int team = threads * some * some / (rows * keys);
  static constexpr int key_groups = keys / some;
  // Eight lanes read 128 bytes, of one line or of neighbouring lines in different banks.
  static constexpr int line = width + (team < 8 ? team * wide : 0);
  static constexpr int row_lanes = threads / rows, row_keys = keys / row_lanes;
  static constexpr int columns = threads / (rows / some), own = values / columns;
  static constexpr int part = wide < own ? wide : own;  // contiguous ones among them
  static constexpr int key_moves = keys * width / wide / threads;
  static constexpr int value_moves = Latent ? 0 : keys * values / wide / threads;
  struct Shared {
    T q[rows][line];
    T k[keys][line];
    T v[Latent ? 1 : keys][Latent ? wide : values];  // a latent is key and value
    float p[keys][rows + some];                      // scores, then weights
    float shrink[rows];                              // rescale factor of older sums
    float largest[rows], total[rows];                // final values
  };
  static_assert(key_moves * threads * wide == keys * width && own % part == 0 && row_keys > 0);
  static_assert(value_moves * threads * wide == (Latent ? 0 : keys * values));
};

/// A thread's share of one tile of keys and values on its way from the cache to shared memory,
/// loaded while the previous tile is in use. Rows that do not consist of whole chunks are copied
/// component by component instead.
template <class T, bool Latent>
struct MlaMove {
  using Tile = MlaTileOf<T, Latent>;
  using Head = MlaHead<T, Latent>;
  using Shared = typename Tile::Shared;
  using Piece = Vec<T, Tile::wide>;
  static constexpr u32 lanes = Tile::threads / Tile::keys;  // lanes that share a key
  Piece k[Tile::key_moves];
  Piece v[Latent ? 1 : Tile::value_moves];

  KDEV static u32 key() { return k_tid() / lanes; }
  KDEV static u32 component(int n) {
    return (k_tid() % lanes + static_cast<u32>(n) * lanes) * Tile::wide;
  }
  KDEV void take(const Head& h, i32 s0, i32 end) {
    if (!h.aligned()) return;
    const i32 s = s0 + static_cast<i32>(key());
    K_UNROLL
    for (int n = 0; n < Tile::key_moves; ++n) k[n] = h.key_piece(s, end, component(n));
    K_UNROLL
    for (int n = 0; n < Tile::value_moves; ++n) v[n] = h.value_piece(s, end, component(n));
  }
  KDEV void put(const Head& h, Shared& s, i32 s0, i32 end) const {
    if (!h.aligned()) {
      one_by_one(h, s, s0, end);
      return;
    }
    K_UNROLL
    for (int n = 0; n < Tile::key_moves; ++n) k_store(&s.k[key()][component(n)], k[n]);
    K_UNROLL
    for (int n = 0; n < Tile::value_moves; ++n) k_store(&s.v[key()][component(n)], v[n]);
  }
  KDEV static void one_by_one(const Head& h, Shared& s, i32 s0, i32 end) {
    K_ROLL
    for (u32 item = k_tid(); item < Tile::keys * Tile::width; item += Tile::threads) {
      const u32 key = item / Tile::width, x = item % Tile::width;
      s.k[key][x] = h.key_element(s0 + static_cast<i32>(key), end, x);
    }
    if constexpr (!Latent) {
      K_ROLL
      for (u32 item = k_tid(); item < Tile::keys * Tile::values; item += Tile::threads) {
        const u32 key = item / Tile::values, x = item % Tile::values;
        s.v[key][x] = h.value_element(s0 + static_cast<i32>(key), end, x);
      }
    }
  }
  KDEV static void queries(const Head& h, Shared& s, u32 first, u32 count) {
    if (!h.aligned()) {
      K_ROLL
      for (u32 item = k_tid(); item < Tile::rows * Tile::width; item += Tile::threads) {
        const u32 r = item / Tile::width, x = item % Tile::width;
        s.q[r][x] = h.query_element(first, count, r, x);
      }
      return;
    }
    constexpr u32 pieces = Tile::width / Tile::wide;
    for (u32 item = k_tid(); item < Tile::rows * pieces; item += Tile::threads) {
      const u32 r = item / pieces, x = item % pieces * Tile::wide;
      k_store(&s.q[r][x], h.query_piece(first, count, r, x));
    }
  }
};

/// s.p[key][row] = q[row] . k[key] for the whole tile.
template <class T, bool Latent, int W>
KDEV void mla_scores(u32 width, typename MlaTileOf<T, Latent>::Shared& s) {
  using Tile = MlaTileOf<T, Latent>;
  constexpr int some = Tile::some;
  const u32 member = k_tid() % Tile::team, at = k_tid() / Tile::team;
  const u32 key = at % Tile::key_groups, row = at / Tile::key_groups * some;
  float score[some * some] = {};
  for (u32 x = member * Tile::wide; x < width; x += Tile::team * Tile::wide) {
    float k[some][Tile::wide];
    K_UNROLL
    for (int n = 0; n < some; ++n) {
      const Vec<T, Tile::wide> stored =
          k_load<Tile::wide>(&s.k[key + static_cast<u32>(n) * Tile::key_groups][x]);
      K_UNROLL
      for (int e = 0; e < Tile::wide; ++e) k[n][e] = k_to_float(stored[e]);
    }
    K_UNROLL
    for (int i = 0; i < some; ++i) {
      const Vec<T, Tile::wide> stored = k_load<Tile::wide>(&s.q[row + static_cast<u32>(i)][x]);
      K_UNROLL
      for (int e = 0; e < Tile::wide; ++e) {
        const float q = k_to_float(stored[e]);
        K_UNROLL
        for (int n = 0; n < some; ++n) {
          score[i * some + n] = k_fma(q, k[n][e], score[i * some + n]);
        }
      }
    }
  }
  k_fold<W, Tile::team, some * some>(score);
  constexpr int kept = some * some / Tile::team;
  K_UNROLL
  for (int i = 0; i < kept; ++i) {
    const u32 which = member * kept + static_cast<u32>(i);
    s.p[key + which % some * Tile::key_groups][row + which / some] = score[i];
  }
}

/// Softmax state of a row in its lanes; all of them hold the same maximum.
template <class T, bool Latent, int W>
struct MlaSoftmax {
  using Tile = MlaTileOf<T, Latent>;
  i32 end;  // one past the last key that the row sees in this split
  float largest = attention_nothing();
  float total = 0;  // of this lane's keys only

  KDEV static u32 row() { return k_tid() / Tile::row_lanes; }
  KDEV static u32 lane() { return k_tid() % Tile::row_lanes; }

  /// Turns scores of keys from s0 on into weights; `shrink` is the rescale factor of older sums.
  KDEV void soften(typename Tile::Shared& s, i32 s0, float factor) {
    float score[Tile::row_keys];
    float most = attention_nothing();
    K_UNROLL
    for (int n = 0; n < Tile::row_keys; ++n) {
      const u32 key = lane() + static_cast<u32>(n) * Tile::row_lanes;
      score[n] = s0 + static_cast<i32>(key) < end ? s.p[key][row()] * factor : attention_nothing();
      most = k_max(most, score[n]);
    }
    K_UNROLL
    for (u32 distance = Tile::row_lanes / 2; distance > 0; distance >>= 1) {
      most = k_max(most, k_shfl_xor<W>(most, distance));
    }
    const AttentionRise rise = attention_rise(largest, most);
    largest = rise.largest;
    total *= rise.shrink;
    K_UNROLL
    for (int n = 0; n < Tile::row_keys; ++n) {
      const float weight = k_exp2(score[n] - rise.base);
      total += weight;
      s.p[lane() + static_cast<u32>(n) * Tile::row_lanes][row()] = weight;
    }
    if (lane() == 0) s.shrink[row()] = rise.shrink;
  }

  KDEV void finish(typename Tile::Shared& s) {
    K_UNROLL
    for (u32 distance = Tile::row_lanes / 2; distance > 0; distance >>= 1) {
      total += k_shfl_xor<W>(total, distance);
    }
    if (lane() == 0) {
      s.largest[row()] = largest;
      s.total[row()] = total;
    }
  }
};

/// Weighted values of four rows: components (c columns + column) part .. of each.
template <class T, bool Latent>
struct MlaMix {
  using Tile = MlaTileOf<T, Latent>;
  static constexpr int some = Tile::some, part = Tile::part;
  float sum[some][Tile::own] = {};

  KDEV static u32 row() { return k_tid() / Tile::columns * some; }
  KDEV static u32 component(int c) {
    return (static_cast<u32>(c) * Tile::columns + k_tid() % Tile::columns) * part;
  }

  /// sum = sum shrink + weights times values of the tile's first `count` keys, key by key.
  KDEV void add(const typename Tile::Shared& s, i32 count, u32 values) {
    if (component(0) >= values) return;
    const Vec<float, some> shrink = k_load<some>(&s.shrink[row()]);
    K_UNROLL
    for (int i = 0; i < some; ++i) {
      K_UNROLL
      for (int x = 0; x < Tile::own; ++x) sum[i][x] *= shrink[i];
    }
    for (i32 key = 0; key < count; key += 2) {  // beyond `count` weights and values are 0
      K_UNROLL
      for (int n = 0; n < 2; ++n) {
        const Vec<float, some> p = k_load<some>(&s.p[key + n][row()]);
        const T* value = Latent ? s.k[key + n] : s.v[Latent ? 0 : key + n];
        K_UNROLL
        for (int c = 0; c < Tile::own / part; ++c) {
          const Vec<T, part> v = k_load<part>(value + component(c));
          K_UNROLL
          for (int l = 0; l < part; ++l) {
            const float number = k_to_float(v[l]);
            K_UNROLL
            for (int i = 0; i < some; ++i) {
              sum[i][c * part + l] = k_fma(p[i], number, sum[i][c * part + l]);
            }
          }
        }
      }
    }
  }

  /// Stores the result of rows below `count`, or this split's partial results.
  KDEV void store(const MlaHead<T, Latent>& h, const typename Tile::Shared& s, u32 first, u32 count,
                  u32 split) const {
    const MlaAttentionLaunch& a = h.a;
    K_UNROLL
    for (int i = 0; i < some; ++i) {
      const u32 r = row() + static_cast<u32>(i);
      if (r >= count) continue;
      const u64 query = h.query(first + r), noted = query * a.splits.count + split;
      K_UNROLL
      for (int c = 0; c < Tile::own / part; ++c) {
        if (a.splits.count == 1) {
          Vec<T, part> some_out;
          K_UNROLL
          for (int l = 0; l < part; ++l) {
            some_out[l] = k_from_float<T>(attention_quotient(sum[i][c * part + l], s.total[r]));
          }
          mla_put(static_cast<T*>(a.out) + query * a.values, a.values, component(c), some_out);
          continue;
        }
        K_UNROLL
        for (int l = 0; l < part; l += 4) {
          Vec<float, 4> four;
          K_UNROLL
          for (int e = 0; e < 4; ++e) four[e] = sum[i][c * part + l + e];
          mla_put(a.splits.mixed + noted * a.values, a.values, component(c) + static_cast<u32>(l),
                  four);
        }
      }
      if (a.splits.count > 1 && k_tid() % Tile::columns == 0) {
        a.splits.largest[noted] = s.largest[r];
        a.splits.total[noted] = s.total[r];
      }
    }
  }
};

template <class T, bool Latent, int W>
KGLOBAL KBOUNDS(mla_tile_size(sizeof(T), Latent).threads) void mla_attention_tile(
    MlaAttentionLaunch a) {
  using Tile = MlaTileOf<T, Latent>;
  using Shared = typename Tile::Shared;
  K_SHARED(Shared, s);
  K_FITS(Shared, k_lds_everywhere);
  const MlaHead<T, Latent> h{a, k_block_z(), k_block_y()};
  const u32 split = k_block() % a.splits.count, first = k_block() / a.splits.count * Tile::rows;
  const u32 count = k_min(static_cast<u32>(Tile::rows), h.row_count() - first);
  // The splits divide the keys that these rows see.
  const AttentionRange keys = attention_split_of(h.seen_by_rows(first, count), a.splits, split);

  MlaMove<T, Latent> next;
  next.take(h, keys.begin, keys.end);
  MlaMove<T, Latent>::queries(h, s, first, count);
  MlaSoftmax<T, Latent, W> softmax;
  const u32 r = softmax.row();
  softmax.end = r < count ? k_min(keys.end, h.end_of(first + r)) : keys.begin;
  MlaMix<T, Latent> mix;
  for (i32 s0 = keys.begin; s0 < keys.end; s0 += Tile::keys) {
    next.put(h, s, s0, keys.end);
    k_sync();
    next.take(h, s0 + Tile::keys, keys.end);
    mla_scores<T, Latent, W>(h.width(), s);
    k_sync();
    softmax.soften(s, s0, a.factor);
    k_sync();
    mix.add(s, k_min(keys.end - s0, static_cast<i32>(Tile::keys)), a.values);
    k_sync();
  }
  softmax.finish(s);
  k_sync();
  mix.store(h, s, first, count, split);
}

struct MlaMergeShared {};  // none

/// Merges the splits (attention_merged); correct for every number of blocks and threads.
template <class T, int W>
KGLOBAL KBOUNDS(256) void mla_attention_merge(MlaAttentionLaunch a, u64 elements) {
  const u64 step = static_cast<u64>(k_blocks()) * k_threads();
  for (u64 at = static_cast<u64>(k_block()) * k_threads() + k_tid(); at < elements; at += step) {
    static_cast<T*>(a.out)[at] = k_from_float<T>(attention_merged(a.splits, a.values, at));
  }
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
