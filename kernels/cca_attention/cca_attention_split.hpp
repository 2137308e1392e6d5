// cca_attention, native, few query rows against a long cache. A block processes up to eight rows of
// a kv head over one split of their keys, and stores the maximum, the sum of weights and the
// weighted values. A second kernel merges the splits. K and V go from the cache to registers, each
// once. grid = (splits times tiles of query rows, kv heads, sequences).
#pragma once

#include "kernels/cca_attention/cca_attention_rows.hpp"
#include "kernels/common/dialect/common/fold.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// A team of neighbouring lanes shares a key, each lane with `own` components. A team processes
/// four keys at a time, so that four loads are in flight together.
template <class T, int D, int W>
struct AttentionSplit {
  static constexpr int threads = attention_split_threads, rows = attention_split_rows;
  static constexpr int tile = attention_split_tile;  // keys between two barriers
  static constexpr int wide = attention_wide<T>;
  static constexpr int own = D / 32 > wide ? D / 32 : wide;
  static constexpr int team = D / own, teams = threads / team, together = 4;
  static constexpr int waves = threads / W, own_rows = rows / waves;
  struct Shared {
    float q[rows][D];           // scaled by factor
    float p[rows][tile + 4];    // scores, then weights
    AttentionRange seen[rows];  // each row's keys in this split
    float largest[rows];        // running maximum
    float shrink[rows];         // rescale factor of older sums
    float total[rows];          // final sum of weights
    float sum[waves][D];
  };
  static_assert(sizeof(Shared) <= 16 * 1024, "the smallest profile has it");
  static_assert(team <= W && together * rows >= team);
};

/// The softmax of one wave's rows, with all lanes along the keys.
template <class T, int D, int W>
struct AttentionSoftmax {
  using Split = AttentionSplit<T, D, W>;
  float total[Split::own_rows];  // of this lane's keys only

  KDEV static u32 row(int i) { return k_tid() / W + static_cast<u32>(i) * Split::waves; }

  KDEV void start(const AttentionHead& h, u32 first, AttentionRange keys,
                  typename Split::Shared& s) {
    K_UNROLL
    for (int i = 0; i < Split::own_rows; ++i) {
      const u32 r = first + row(i);
      AttentionRange seen{0, 0};
      if (r < h.row_count()) seen = h.seen_by(r / h.group());
      if (k_tid() % W == 0) {
        s.seen[row(i)] = {k_max(seen.begin, keys.begin), k_min(seen.end, keys.end)};
        s.largest[row(i)] = attention_nothing();
      }
      total[i] = 0;
    }
  }

  /// Turns scores of keys from s0 on into weights; `shrink` is the rescale factor of older sums.
  KDEV void soften(typename Split::Shared& s, i32 s0) {
    K_UNROLL
    for (int i = 0; i < Split::own_rows; ++i) {
      const AttentionRange seen = s.seen[row(i)];
      float score[Split::tile / W];
      float most = attention_nothing();
      K_UNROLL
      for (int n = 0; n < Split::tile / W; ++n) {
        const u32 key = k_tid() % W + static_cast<u32>(n) * W;
        const i32 at = s0 + static_cast<i32>(key);
        score[n] = at >= seen.begin && at < seen.end ? s.p[row(i)][key] : attention_nothing();
        most = k_max(most, score[n]);
      }
      const float before = s.largest[row(i)];
      most = k_wave_max<W>(most);
      const AttentionRise rise = attention_rise(before, most);
      total[i] *= rise.shrink;
      K_UNROLL
      for (int n = 0; n < Split::tile / W; ++n) {
        const float weight = k_exp2(score[n] - rise.base);
        total[i] += weight;
        s.p[row(i)][k_tid() % W + static_cast<u32>(n) * W] = weight;
      }
      k_syncwave<W>();  // every lane has read `largest`
      if (k_tid() % W == 0) {
        s.largest[row(i)] = rise.largest;
        s.shrink[row(i)] = rise.shrink;
      }
    }
  }

  KDEV void finish(typename Split::Shared& s) {
    K_UNROLL
    for (int i = 0; i < Split::own_rows; ++i) {
      const float all = k_wave_sum<W>(total[i]);
      if (k_tid() % W == 0) s.total[row(i)] = all;
    }
  }
};

/// A lane's components of one key or value, as floats. Components from d on, and keys from `end`
/// on, whose rows may contain NaN, are zeros.
template <class T, int N>
KDEV void attention_row(const AttentionHead& h, const T* cache, i32 s, i32 end, u32 x,
                        float (&to)[N]) {
  constexpr int wide = attention_wide<T>;
  K_UNROLL
  for (int at = 0; at < N; at += wide) {
    const u32 from = x + static_cast<u32>(at);
    const u32 valid = s < end && from < h.a.d ? h.a.d - from : 0;
    const T* p = cache + (valid != 0 ? h.key(static_cast<u32>(s)) + from : 0);
    const Vec<T, wide> some = attention_take<wide>(p, h.template aligned<T>(), valid);
    K_UNROLL
    for (int e = 0; e < wide; ++e) to[at + e] = k_to_float(some[e]);
  }
}

/// s.p[row][key] = q[row] . k[key] for the keys of a tile from s0 on.
template <class T, int D, int W>
KDEV void attention_split_scores(const AttentionHead& h, i32 s0, i32 end,
                                 typename AttentionSplit<T, D, W>::Shared& s) {
  using Split = AttentionSplit<T, D, W>;
  const u32 member = k_tid() % Split::team, x = member * Split::own;
  for (u32 base = k_tid() / Split::team * Split::together; base < Split::tile;
       base += Split::teams * Split::together) {
    float k[Split::together][Split::own];
    K_UNROLL
    for (int u = 0; u < Split::together; ++u) {
      attention_row(h, static_cast<const T*>(h.a.k), s0 + static_cast<i32>(base) + u, end, x, k[u]);
    }
    float score[Split::rows * Split::together];
    K_UNROLL
    for (int r = 0; r < Split::rows; ++r) {
      K_UNROLL
      for (int u = 0; u < Split::together; ++u) score[r * Split::together + u] = 0;
      K_UNROLL
      for (int at = 0; at < Split::own; at += 4) {
        const Vec<float, 4> q = k_load<4>(&s.q[r][x + static_cast<u32>(at)]);
        K_UNROLL
        for (int u = 0; u < Split::together; ++u) {
          float& target = score[r * Split::together + u];
          K_UNROLL
          for (int e = 0; e < 4; ++e) target = k_fma(q[e], k[u][at + e], target);
        }
      }
    }
    k_fold<W, Split::team, Split::rows * Split::together>(score);
    constexpr int kept = Split::rows * Split::together / Split::team;
    K_UNROLL
    for (int i = 0; i < kept; ++i) {
      const u32 which = member * kept + static_cast<u32>(i);
      s.p[which / Split::together][base + which % Split::together] = score[i];
    }
  }
}

/// sum[row] = sum[row] shrink + weights times the values of this team's keys.
template <class T, int D, int W>
KDEV void attention_split_mix(const AttentionHead& h, i32 s0, i32 end,
                              const typename AttentionSplit<T, D, W>::Shared& s,
                              float (&sum)[attention_split_rows][AttentionSplit<T, D, W>::own]) {
  using Split = AttentionSplit<T, D, W>;
  const u32 x = k_tid() % Split::team * Split::own;
  K_UNROLL
  for (int r = 0; r < Split::rows; ++r) {
    const float shrink = s.shrink[r];
    K_UNROLL
    for (int i = 0; i < Split::own; ++i) sum[r][i] *= shrink;
  }
  for (u32 base = k_tid() / Split::team * Split::together; base < Split::tile;
       base += Split::teams * Split::together) {
    float v[Split::together][Split::own];
    K_UNROLL
    for (int u = 0; u < Split::together; ++u) {
      attention_row(h, static_cast<const T*>(h.a.v), s0 + static_cast<i32>(base) + u, end, x, v[u]);
    }
    K_UNROLL
    for (int r = 0; r < Split::rows; ++r) {
      const Vec<float, 4> p = k_load<4>(&s.p[r][base]);
      K_UNROLL
      for (int u = 0; u < Split::together; ++u) {
        K_UNROLL
        for (int i = 0; i < Split::own; ++i) sum[r][i] = k_fma(p[u], v[u][i], sum[r][i]);
      }
    }
  }
}

template <class T, int D, int W>
KGLOBAL KBOUNDS(128) void cca_attention_split(CcaAttentionLaunch a) {
  using Split = AttentionSplit<T, D, W>;
  using Shared = typename Split::Shared;
  K_SHARED(Shared, s);
  const AttentionHead h{a, k_block_z(), k_block_y()};
  const u32 split = k_block() % a.splits.count, first = k_block() / a.splits.count * Split::rows;
  const u32 count = k_min(static_cast<u32>(Split::rows), h.row_count() - first);
  // The splits divide the keys that these rows see.
  const AttentionRange keys = attention_split_of(h.seen_by_rows(first, count), a.splits, split);

  AttentionSoftmax<T, D, W> softmax;
  softmax.start(h, first, keys, s);
  for (u32 item = k_tid(); item < Split::rows * D; item += Split::threads) {
    const u32 r = item / D, x = item % D;
    const T* q = static_cast<const T*>(a.q);
    const bool real = r < count && x < a.d;
    s.q[r][x] = real ? k_to_float(q[h.query(first + r) * a.d + x]) * a.factor : 0.0F;
  }
  float sum[Split::rows][Split::own] = {};
  k_sync();
  for (i32 s0 = keys.begin; s0 < keys.end; s0 += Split::tile) {
    attention_split_scores<T, D, W>(h, s0, keys.end, s);
    k_sync();
    softmax.soften(s, s0);
    k_sync();
    attention_split_mix<T, D, W>(h, s0, keys.end, s, sum);
    k_sync();
  }
  softmax.finish(s);
  // Sums over the teams of a wave, then over waves, in a fixed order.
  K_UNROLL
  for (int r = 0; r < Split::rows; ++r) {
    K_UNROLL
    for (int i = 0; i < Split::own; ++i) {
      K_UNROLL
      for (u32 distance = Split::team; distance < W; distance <<= 1) {
        sum[r][i] += k_shfl_xor<W>(sum[r][i], distance);
      }
    }
    k_sync();  // the previous row's line has been read
    if (k_tid() % W < Split::team) {
      K_UNROLL
      for (int i = 0; i < Split::own; ++i) {
        s.sum[k_tid() / W][k_tid() % W * Split::own + static_cast<u32>(i)] = sum[r][i];
      }
    }
    k_sync();
    if (static_cast<u32>(r) < count) {
      const u64 query = h.query(first + static_cast<u32>(r));
      for (u32 x = k_tid(); x < a.d; x += Split::threads) {
        float mixed = 0;
        for (u32 wave = 0; wave < Split::waves; ++wave) mixed += s.sum[wave][x];
        if (a.splits.count == 1) {
          static_cast<T*>(a.out)[query * a.d + x] =
              k_from_float<T>(attention_quotient(mixed, s.total[r]));
        } else {
          a.splits.mixed[(query * a.splits.count + split) * a.d + x] = mixed;
        }
      }
      if (a.splits.count > 1 && k_tid() == 0) {
        a.splits.largest[query * a.splits.count + split] = s.largest[r];
        a.splits.total[query * a.splits.count + split] = s.total[r];
      }
    }
  }
}

struct AttentionMergeShared {};  // none

/// Merges the splits (attention_merged), one thread per element.
template <class T, int W>
KGLOBAL KBOUNDS(256) void cca_attention_merge(CcaAttentionLaunch a, u64 elements) {
  const u64 at = static_cast<u64>(k_block()) * k_threads() + k_tid();
  if (at >= elements) return;
  static_cast<T*>(a.out)[at] = k_from_float<T>(attention_merged(a.splits, a.d, at));
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
