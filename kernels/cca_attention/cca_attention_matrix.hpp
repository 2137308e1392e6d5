// cca_attention, native, many query rows on matrix instructions. A wave has 16 query rows; scores
// and sums are products of 16 x 16 x 16 tiles of bf16 or f16 with f32 accumulation. Weights remain
// f32 numbers, since the kernel's definition does not allow rounding them to storage: each is split
// into a sum of parts, each part a storage number, and the products of the parts are summed. grid =
// (tiles of query rows, kv heads, sequences).
#pragma once

#include <matrix.hpp>

#include "kernels/cca_attention/cca_attention_rows.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// How a weight is split. bf16 has 8 significant bits: three parts cover all 24 of an f32. f16 has
/// 11: the remainder of two parts is at most 2^-23 of the weight, as long as the spacing of f16
/// shrinks with its numbers. It stays 2^-24 below the smallest normal number, 2^-14, so weights, at
/// most 1, are multiplied by 2^12. The remainder of a weight below 2^-14 is then at most 2^-37.
/// docs/kernels/cca_attention.md, "Error bound": why no term is needed for it.
template <class T>
struct AttentionParts;
template <>
struct AttentionParts<Bf16> {
  static constexpr int count = 3;
  static constexpr float scale = 1.0F;
};
template <>
struct AttentionParts<F16> {
  static constexpr int count = 2;
  static constexpr float scale = 4096.0F;
};

template <class T, int D, int W>
struct AttentionMatrix {
  static constexpr int threads = attention_matrix_threads, rows = attention_matrix_rows(W);
  static constexpr int keys = attention_matrix_keys, wide = attention_wide<T>;
  static constexpr int parts = AttentionParts<T>::count;
  static constexpr int moves = keys * D / wide / threads;
  static constexpr int each = keys * 16 / W;  // scores per lane: neighbours in one row
  static constexpr int sharing = W / 16;      // lanes per row
  struct Shared {
    T q[rows][D + wide];  // at the end: the output
    T k[keys][D + wide];
    T v[keys][D + wide];
    // Each row of the following arrays is written and read by one wave only.
    float score[rows][keys + 4];
    T p[parts][rows][keys + wide];
    float shrink[rows];
    float total[rows];
  };
  static_assert(sizeof(Shared) <= 64 * 1024, "fits every device with matrix instructions");
};

/// The softmax of one row, shared by a few lanes: the state carried from tile to tile.
template <class T, int D, int W>
struct AttentionMatrixRow {
  using Matrix = AttentionMatrix<T, D, W>;
  AttentionRange seen;
  float largest;
  float total;  // of this lane's keys only

  KDEV static u32 row() { return k_tid() / W * 16 + k_tid() % W / Matrix::sharing; }
  KDEV static u32 first_key() { return k_tid() % Matrix::sharing * Matrix::each; }

  KDEV void start(const AttentionHead& h, u32 first) {
    const u32 r = first + row();
    seen = r < h.row_count() ? h.seen_by(r / h.group()) : AttentionRange{0, 0};
    largest = attention_nothing();
    total = 0;
  }

  /// Turns scores of keys from s0 on into parts of weights.
  KDEV void soften(typename Matrix::Shared& s, i32 s0, float factor) {
    float score[Matrix::each];
    float most = attention_nothing();
    K_UNROLL
    for (int at = 0; at < Matrix::each; at += 4) {
      const Vec<float, 4> four = k_load<4>(&s.score[row()][first_key() + static_cast<u32>(at)]);
      K_UNROLL
      for (int i = 0; i < 4; ++i) {
        const i32 key = s0 + static_cast<i32>(first_key()) + at + i;
        const bool visible = key >= seen.begin && key < seen.end;
        score[at + i] = visible ? four[i] * factor : attention_nothing();
        most = k_max(most, score[at + i]);
      }
    }
    K_UNROLL
    for (u32 distance = Matrix::sharing / 2; distance > 0; distance >>= 1) {
      most = k_max(most, k_shfl_xor<W>(most, distance));
    }
    const AttentionRise rise = attention_rise(largest, most);
    largest = rise.largest;
    total *= rise.shrink;
    K_UNROLL
    for (int at = 0; at < Matrix::each; at += Matrix::wide) {
      Vec<T, Matrix::wide> part[Matrix::parts];
      K_UNROLL
      for (int i = 0; i < Matrix::wide; ++i) {
        const float weight = k_exp2(score[at + i] - rise.base);
        total += weight;
        float left = weight * AttentionParts<T>::scale;
        K_UNROLL
        for (int n = 0; n < Matrix::parts; ++n) {
          part[n][i] = k_from_float<T>(left);
          left -= k_to_float(part[n][i]);  // exact
        }
      }
      K_UNROLL
      for (int n = 0; n < Matrix::parts; ++n) {
        k_store(&s.p[n][row()][first_key() + static_cast<u32>(at)], part[n]);
      }
    }
    if (k_tid() % Matrix::sharing == 0) s.shrink[row()] = rise.shrink;
  }

  KDEV void finish(typename Matrix::Shared& s) {
    float all = total;
    K_UNROLL
    for (u32 distance = Matrix::sharing / 2; distance > 0; distance >>= 1) {
      all += k_shfl_xor<W>(all, distance);
    }
    if (k_tid() % Matrix::sharing == 0) s.total[row()] = all * AttentionParts<T>::scale;
  }
};

/// score[16 rows of the wave][keys of the tile]
template <class T, int D, int W>
KDEV void attention_matrix_scores(typename AttentionMatrix<T, D, W>::Shared& s, u32 d) {
  using Matrix = AttentionMatrix<T, D, W>;
  constexpr int across = Matrix::keys / 16;
  const u32 first = k_tid() / W * 16;
  KTileC<W, T> score[across];
  for (u32 x = 0; x < d; x += 16) {
    const KTileA<W, T> q = k_tile_load_a<W>(&s.q[first][x], D + Matrix::wide);
    K_UNROLL
    for (int n = 0; n < across; ++n) {
      const KTileB<W, T> k = k_tile_load_bt<W>(&s.k[16 * n][x], D + Matrix::wide);
      k_tile_mma(score[n], q, k);
    }
  }
  K_UNROLL
  for (int n = 0; n < across; ++n) {
    score[n].visit([&](u32 row, u32 column, float& value) {
      s.score[first + row][column + 16 * static_cast<u32>(n)] = value;
    });
  }
}

/// sum = sum shrink + weights times values of the first `count` keys of the tile
template <class T, int D, int W>
KDEV void attention_matrix_mix(typename AttentionMatrix<T, D, W>::Shared& s, i32 count,
                               KTileC<W, T> (&sum)[D / 16]) {
  using Matrix = AttentionMatrix<T, D, W>;
  const u32 first = k_tid() / W * 16;
  K_UNROLL
  for (int c = 0; c < D / 16; ++c) {
    sum[c].visit([&](u32 row, u32, float& value) { value *= s.shrink[first + row]; });
  }
  for (i32 key = 0; key < count; key += 16) {
    KTileA<W, T> p[Matrix::parts];
    K_UNROLL
    for (int n = 0; n < Matrix::parts; ++n) {
      p[n] = k_tile_load_a<W>(&s.p[n][first][key], Matrix::keys + Matrix::wide);
    }
    K_UNROLL
    for (int c = 0; c < D / 16; ++c) {
      const KTileB<W, T> v = k_tile_load_b<W>(&s.v[key][16 * c], D + Matrix::wide);
      K_UNROLL
      for (int n = Matrix::parts - 1; n >= 0; --n) k_tile_mma(sum[c], p[n], v);
    }
  }
}

/// Stores the wave's 16 rows of output via its own lines of Q, which no other wave reads.
template <class T, int D, int W>
KDEV void attention_matrix_store(const AttentionHead& h, u32 first, u32 count,
                                 typename AttentionMatrix<T, D, W>::Shared& s,
                                 KTileC<W, T> (&sum)[D / 16]) {
  constexpr u32 wide = attention_wide<T>;
  const u32 own = k_tid() / W * 16;
  K_UNROLL
  for (int c = 0; c < D / 16; ++c) {
    sum[c].visit([&](u32 row, u32 column, float& value) {
      s.q[own + row][column + 16 * static_cast<u32>(c)] =
          k_from_float<T>(attention_quotient(value, s.total[own + row]));
    });
  }
  k_syncwave<W>();
  for (u32 at = k_tid() % W; at < 16 * (D / wide); at += W) {
    const u32 r = own + at / (D / wide), x = at % (D / wide) * wide;
    if (r >= count || x >= h.a.d) continue;
    T* out = static_cast<T*>(h.a.out) + h.query(first + r) * h.a.d + x;
    if (h.template aligned<T>()) {
      k_store(out, k_load<static_cast<int>(wide)>(&s.q[r][x]));
      continue;
    }
    for (u32 i = 0; i < wide && x + i < h.a.d; ++i) out[i] = s.q[r][x + i];
  }
}

template <class T, int D, int W>
KGLOBAL KBOUNDS(128) void cca_attention_matrix(CcaAttentionLaunch a) {
  using Matrix = AttentionMatrix<T, D, W>;
  using Shared = typename Matrix::Shared;
  using Move = AttentionMove<T, D, Matrix::threads>;
  K_SHARED(Shared, s);
  const AttentionHead h{a, k_block_z(), k_block_y()};
  const T* keys = static_cast<const T*>(a.k);
  const T* values = static_cast<const T*>(a.v);
  const u32 first = k_block() * Matrix::rows;
  const u32 count = k_min(static_cast<u32>(Matrix::rows), h.row_count() - first);
  const AttentionRange all = h.seen_by_rows(first, count);
  AttentionMatrixRow<T, D, W> softmax;
  softmax.start(h, first);
  for (u32 at = k_tid(); at < Matrix::rows * (D / Matrix::wide); at += Matrix::threads) {
    const u32 r = at / (D / Matrix::wide), x = at % (D / Matrix::wide) * Matrix::wide;
    const u32 valid = r < count && x < a.d ? a.d - x : 0;
    const T* q = static_cast<const T*>(a.q) + (valid != 0 ? h.query(first + r) * a.d + x : 0);
    k_store(&s.q[r][x], attention_take<Matrix::wide>(q, h.template aligned<T>(), valid));
  }
  KTileC<W, T> sum[D / 16];
  Vec<T, Matrix::wide> k[Matrix::moves];
  Vec<T, Matrix::wide> v[Matrix::moves];
  // Loads run one tile ahead of the sums, in registers; the first iteration only loads.
  for (i32 s0 = all.begin - Matrix::keys; s0 < all.end; s0 += Matrix::keys) {
    const i32 ahead = s0 + Matrix::keys;
    K_UNROLL
    for (int n = 0; n < Matrix::moves; ++n) {
      k[n] = Move::take(h, keys, ahead, all.end, n);
      v[n] = Move::take(h, values, ahead, all.end, n);
    }
    if (s0 >= all.begin) {
      attention_matrix_scores<T, D, W>(s, a.d);
      k_syncwave<W>();
      softmax.soften(s, s0, a.factor);
      k_syncwave<W>();
      attention_matrix_mix<T, D, W>(s, k_min(all.end - s0, static_cast<i32>(Matrix::keys)), sum);
      k_sync();
    }
    if (ahead < all.end) {
      K_UNROLL
      for (int n = 0; n < Matrix::moves; ++n) {
        k_store(&s.k[Move::line(n)][Move::column(n)], k[n]);
        k_store(&s.v[Move::line(n)][Move::column(n)], v[n]);
      }
    }
    k_sync();
  }
  softmax.finish(s);
  k_syncwave<W>();
  attention_matrix_store<T, D, W>(h, first, count, s, sum);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
