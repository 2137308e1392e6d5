// cca_attention, portable, few query rows against a long cache: bound by reading K and V, each
// once. Components are mapped to lanes; a few keys and a few rows form a block of sums.
#pragma once

#include <type_traits>

#include "kernels/cca_attention/attention_rows_kokkos.hpp"
#include "kernels/common/kokkos/pack_moves.hpp"
#include "kernels/common/kokkos/softmax_rows.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Sizes of a block of scores (rows x keys, one pack of sums on a host) and of a block of
/// accumulators (rows x pairs of packs). A host team processes all kv heads of a split, so that
/// memory is read sequentially.
template <class Shape>
struct KeyTile : Shape {
  static constexpr bool all_heads = true;
  static constexpr int rows = 4, keys = native_lanes / 4, mixed_pairs = native_lanes == 16 ? 2 : 1;
  static constexpr int block_keys = 64;
};
template <>
struct KeyTile<DeviceShape> : DeviceShape {
  static constexpr int team_size = 2, vector_length = 32;  // the vector lanes share a key
  static constexpr bool all_heads = false;
  static constexpr int rows = 4, keys = 2, mixed_pairs = 1;
  static constexpr int block_keys = 64;
};

/// All rows against the keys of one split, block by block: scores the block's keys, then
/// accumulates its values. Scoring prefetches the block's values; accumulation prefetches the next
/// block's keys.
template <class Shape, class T>
struct AttendKeys {
  using Shaped = Shape;
  using Tile = KeyTile<Shape>;
  static constexpr int W = Tile::lanes, chunk = 2 * W, block_keys = Tile::block_keys;
  static constexpr int R = Tile::rows, K = Tile::keys;
  static constexpr std::int64_t max_rows = 8;
  using P = Pack<float, W>;

  /// Scores of K keys for R rows, as partial sums per lane: [row][key].
  struct Sums {
    P of[R * K];
    KOKKOS_FORCEINLINE_FUNCTION Sums() {
      KG_UNROLL for (int i = 0; i < R * K; ++i) of[i] = broadcast<P>(0.0F);
    }
    KOKKOS_FORCEINLINE_FUNCTION Sums& operator+=(const Sums& other) {
      KG_UNROLL for (int i = 0; i < R * K; ++i) of[i] += other.of[i];
      return *this;
    }
  };

  AttentionSizes size;
  int tile_keys;
  SplitCut split;
  float factor;  // log2 e / sqrt(d): scores are exponents of 2
  AttentionTensors<T> in;
  SplitResults<T> results;

  /// Sizes of one team: kv heads, rows per head in whole blocks, and components in whole chunks.
  struct Extent {
    int heads, rows, whole_rows, width;
  };
  KOKKOS_FUNCTION static Extent extent_of(const AttentionSizes& size) {
    const auto rows = static_cast<int>(size.tokens * size.group);
    return {Tile::all_heads ? static_cast<int>(size.kv_heads) : 1, rows, (rows + R - 1) / R * R,
            (static_cast<int>(size.head_dim) + chunk - 1) / chunk * chunk};
  }
  KOKKOS_FUNCTION static std::size_t scratch_bytes(const AttentionSizes& size) {
    const Extent e = extent_of(size);
    return sizeof(float) *
           static_cast<std::size_t>(e.heads * e.whole_rows * (2 * e.width + block_keys + 3));
  }

  /// The team's share of the work and its memory. Rows are numbered [head][row].
  struct Share {
    Extent extent;
    int b, j0;                         // j0: the first kv head
    std::int64_t head;                 // offset of key and value 0 of the first head
    int d, paired;                     // components; those handled by widen_pair()
    float *queries, *mixed, *weights;  // [row][component], [row][component], [row][key]
    float* largest;                    // of each row, followed by total and rescale

    KOKKOS_FORCEINLINE_FUNCTION int rows() const { return extent.heads * extent.whole_rows; }
    KOKKOS_FORCEINLINE_FUNCTION float* total() const { return largest + rows(); }
    KOKKOS_FORCEINLINE_FUNCTION float* rescale() const { return total() + rows(); }
  };

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    Share t{};
    t.extent = extent_of(size);
    int rank = team.league_rank();
    const int part = rank % static_cast<int>(results.splits);
    rank /= static_cast<int>(results.splits);
    const int kv_heads = static_cast<int>(size.kv_heads);
    t.j0 = Tile::all_heads ? 0 : rank % kv_heads;
    t.b = Tile::all_heads ? rank : rank / kv_heads;
    const std::int64_t begin = size.begin_of(0, first_key(t), end_key(t)) + part * split.keys;
    std::int64_t stop = size.end_of(size.tokens - 1, end_key(t));
    if (results.splits > 1 && stop - begin > split.keys) stop = begin + split.keys;
    t.head = size.key_at(t.b, 0, t.j0);
    t.d = static_cast<int>(size.head_dim);
    t.paired = t.d % 2 == 0 ? t.d / chunk * chunk : 0;
    t.queries = static_cast<float*>(
        team.team_scratch(int{Tile::scratch_level}).get_shmem_aligned(scratch_bytes(size), 64));
    t.mixed = t.queries + t.rows() * t.extent.width;
    t.weights = t.mixed + t.rows() * t.extent.width;
    t.largest = t.weights + t.rows() * block_keys;

    start(team, t);
    team.team_barrier();
    for (std::int64_t s0 = begin; s0 < stop; s0 += tile_keys) {
      const auto here = static_cast<int>(stop - s0 < tile_keys ? stop - s0 : tile_keys);
      score(team, t, s0, here);
      team.team_barrier();
      soften(team, t, s0, here);
      team.team_barrier();
      mix(team, t, s0, here);
      team.team_barrier();
    }
    finish(team, t, part);
  }

 private:
  /// The sequence's valid keys are [first_key, end_key).
  KOKKOS_FORCEINLINE_FUNCTION std::int64_t first_key(const Share& t) const {
    return in.valid.data()[2 * t.b];
  }
  KOKKOS_FORCEINLINE_FUNCTION std::int64_t end_key(const Share& t) const {
    return in.valid.data()[2 * t.b + 1];
  }
  /// Stride between keys.
  KOKKOS_FORCEINLINE_FUNCTION std::int64_t step() const { return size.kv_heads * size.head_dim; }

  KOKKOS_FORCEINLINE_FUNCTION std::int64_t query_of(const Share& t, int i) const {
    const int j = i / t.extent.whole_rows, r = i % t.extent.whole_rows;
    return (t.b * size.tokens + r / size.group) * size.heads + (t.j0 + j) * size.group +
           r % size.group;
  }

  /// A chunk of a row of d components from x on.
  template <bool Paired>
  KOKKOS_FORCEINLINE_FUNCTION static PackPair<W> chunk_at(const T* row, int x, int d) {
    if constexpr (Paired) {
      return widen_pair<W>(row + x);
    } else {
      return {widen_first<W>(row + x, d - x), widen_first<W>(row + x + W, d - x - W)};
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION static void fetch(const T* from) {
    KG_UNROLL for (int at = 0; at < chunk; at += 64 / static_cast<int>(sizeof(T))) {
      prefetch(from + at);
    }
  }

  /// Stores queries as f32 times `factor`, components in the order of their chunks, and resets the
  /// sums.
  KOKKOS_FUNCTION void start(const ShapedTeam& team, const Share& t) const {
    for_packs_of_rows<Tile>(
        team, t.extent.heads * t.extent.whole_rows, t.extent.width / chunk, [&](int i, int c) {
          const int x = c * chunk;
          PackPair<W> q{broadcast<P>(0.0F), broadcast<P>(0.0F)};
          if (i % t.extent.whole_rows < t.extent.rows) {
            const T* row = in.q.data() + query_of(t, i) * size.head_dim;
            q = x < t.paired ? chunk_at<true>(row, x, t.d) : chunk_at<false>(row, x, t.d);
          }
          float* to = t.queries + i * t.extent.width + x;
          store(to, q.first * factor);
          store(to + W, q.second * factor);
          float* sums = t.mixed + i * t.extent.width + x;
          store(sums, broadcast<P>(0.0F));
          store(sums + W, broadcast<P>(0.0F));
          if (x == 0) {
            t.largest[i] = -INFINITY;
            t.total()[i] = 0;
          }
        });
  }

  /// The sums of body(x, whether the chunk at x is paired, sums) over all chunks, distributed over
  /// the vector lanes.
  template <class Body>
  KOKKOS_FORCEINLINE_FUNCTION static Sums sum_of_chunks(const ShapedTeam& team, const Share& t,
                                                        const Body& body) {
    Sums sums;
    if constexpr (Tile::vector_length == 1) {
      P sum[R * K];  // a separate array; otherwise g++ 12 stores the sums after every chunk
      KG_UNROLL for (int i = 0; i < R * K; ++i) sum[i] = sums.of[i];
      for (int x = 0; x < t.paired; x += chunk) body(x, std::true_type{}, sum);
      for (int x = t.paired; x < t.d; x += chunk) body(x, std::false_type{}, sum);
      KG_UNROLL for (int i = 0; i < R * K; ++i) sums.of[i] = sum[i];
    } else {
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, t.extent.width / chunk),
          [&](int i, Sums& some) {
            const int x = i * chunk;
            if (x < t.paired) {
              body(x, std::true_type{}, some.of);
            } else {
              body(x, std::false_type{}, some.of);
            }
          },
          sums);
    }
    return sums;
  }

  /// Scores of a block's keys, in whole groups; after the last key its score is repeated.
  KOKKOS_FUNCTION void score(const ShapedTeam& team, const Share& t, std::int64_t s0,
                             int here) const {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, (here + K - 1) / K), [&](int group) {
      const int s = group * K;
      for (int j = 0; j < t.extent.heads; ++j) {
        const T* key[K];
        const T* value[K];
        KG_UNROLL for (int i = 0; i < K; ++i) {
          const int at = s + i < here ? s + i : here - 1;
          const std::int64_t from = t.head + (s0 + at) * step() + j * t.d;
          key[i] = in.k.data() + from;
          value[i] = in.v.data() + from;
        }
        for (int r = 0; r < t.extent.whole_rows; r += R) {
          const int row = j * t.extent.whole_rows + r;
          const float* q = t.queries + row * t.extent.width;
          const Sums sums = sum_of_chunks(team, t, [&](int x, auto paired, P(&sum)[R * K]) {
            PackPair<W> k[K];
            KG_UNROLL for (int i = 0; i < K; ++i) {
              fetch(value[i] + x);
              k[i] = chunk_at<paired()>(key[i], x, t.d);
            }
            KG_UNROLL for (int n = 0; n < R; ++n) {
              const P first = load<P>(q + n * t.extent.width + x);
              const P second = load<P>(q + n * t.extent.width + x + W);
              KG_UNROLL for (int i = 0; i < K; ++i) {
                sum[n * K + i] += first * k[i].first;
                sum[n * K + i] += second * k[i].second;
              }
            }
          });
          Kokkos::single(Kokkos::PerThread(team),
                         [&] { store_scores(sums, t.weights + row * block_keys + s); });
        }
      }
    });
  }
  /// Stores the finished sums to to[row][key].
  KOKKOS_FORCEINLINE_FUNCTION static void store_scores(const Sums& sums, float* to) {
    if constexpr (W == R * K) {
      float scores[W];
      store(scores, sums_of(sums.of));
      KG_UNROLL for (int n = 0; n < R; ++n) {
        store(to + n * block_keys, load<Pack<float, K>>(scores + n * K));
      }
    } else {
      KG_UNROLL for (int n = 0; n < R; ++n) {
        KG_UNROLL for (int i = 0; i < K; ++i) to[n * block_keys + i] = sum(sums.of[n * K + i]);
      }
    }
  }

  /// Turns scores into weights under the new running maximum; after the last key weights are 0.
  KOKKOS_FUNCTION void soften(const ShapedTeam& team, const Share& t, std::int64_t s0,
                              int here) const {
    using Place = Pack<std::int32_t, W>;
    constexpr int packs = block_keys / W;
    const int rows = t.rows();
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, rows), [&](int row) {
      float* scores = t.weights + row * block_keys;
      const int r = row % t.extent.whole_rows;
      const std::int64_t token = (r < t.extent.rows ? r : t.extent.rows - 1) / size.group;
      const std::int64_t from = size.begin_of(token, first_key(t), end_key(t)) - s0;
      const std::int64_t end = size.end_of(token, end_key(t)) - s0;
      const auto until = static_cast<int>(end < here ? end : here);
      if (from > 0 || until < block_keys) {
        const int begin = from < block_keys ? static_cast<int>(from) : block_keys;
        Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, packs), [&](int i) {
          const Place at = counted_from<Place>(i * W);
          store(scores + i * W, select((at >= begin) & (at < until), load<P>(scores + i * W),
                                       broadcast<P>(-INFINITY)));
        });
      }
      const float before = t.largest[row];
      const float most = max_of(max_over<Tile>(team, packs, broadcast<P>(before),
                                               [&](int i) { return load<P>(scores + i * W); }));
      const float base = most == -INFINITY ? 0.0F : most;  // nothing seen yet: weights are 0
      const P weights = sum_over<Tile, P>(team, packs, [&](int i) {
        const P weight = exp2(load<P>(scores + i * W) - base);
        store(scores + i * W, weight);
        return weight;
      });
      const float sum_here = sum(weights);
      Kokkos::single(Kokkos::PerThread(team), [&] {
        const float change = exp2(broadcast<P>(before - base))[0];
        t.rescale()[row] = change;
        t.total()[row] = t.total()[row] * change + sum_here;
        t.largest[row] = most;
      });
    });
  }

  /// Adds a block's weighted values.
  KOKKOS_FUNCTION void mix(const ShapedTeam& team, const Share& t, std::int64_t s0,
                           int here) const {
    constexpr int columns = Tile::mixed_pairs * chunk;
    for_packs_of_rows<Tile>(team, t.extent.heads, (t.extent.width + columns - 1) / columns,
                            [&](int j, int c) {
                              const int x = c * columns;
                              if (x + columns <= t.paired) {
                                mix_columns<Tile::mixed_pairs, true>(t, s0, here, j, x);
                              } else {
                                for (int at = x; at < x + columns && at < t.d; at += chunk) {
                                  if (at < t.paired) {
                                    mix_columns<1, true>(t, s0, here, j, at);
                                  } else {
                                    mix_columns<1, false>(t, s0, here, j, at);
                                  }
                                }
                              }
                            });
  }
  template <int Pairs, bool Paired>
  KOKKOS_FORCEINLINE_FUNCTION void mix_columns(const Share& t, std::int64_t s0, int here, int j,
                                               int x) const {
    const T* v = in.v.data() + t.head + s0 * step() + j * t.d;
    const T* next = in.k.data() + t.head + (s0 + tile_keys) * step() + j * t.d + x;
    for (int r = 0; r < t.extent.whole_rows; r += R) {
      const int row = j * t.extent.whole_rows + r;
      const float* w = t.weights + row * block_keys;
      P sum[R][2 * Pairs];
      clear_block(sum);
      KG_ROLL for (int s = 0; s < here; ++s) {
        P value[2 * Pairs];
        KG_UNROLL for (int p = 0; p < Pairs; ++p) {
          fetch(next + s * step() + p * chunk);
          const PackPair<W> both = chunk_at<Paired>(v + s * step(), x + p * chunk, t.d);
          value[2 * p] = both.first;
          value[2 * p + 1] = both.second;
        }
        KG_UNROLL for (int n = 0; n < R; ++n) {
          const P weight = broadcast<P>(w[n * block_keys + s]);
          KG_UNROLL for (int p = 0; p < 2 * Pairs; ++p) sum[n][p] += weight * value[p];
        }
      }
      KG_UNROLL for (int n = 0; n < R; ++n) {
        float* to = t.mixed + (row + n) * t.extent.width + x;
        const P change = broadcast<P>(t.rescale()[row + n]);
        KG_UNROLL for (int p = 0; p < 2 * Pairs; ++p) {
          store(to + p * W, load<P>(to + p * W) * change + sum[n][p]);
        }
      }
    }
  }

  KOKKOS_FUNCTION void finish(const ShapedTeam& team, const Share& t, std::int64_t part) const {
    for_packs_of_rows<Tile>(
        team, t.extent.heads * t.extent.whole_rows, t.extent.width / chunk, [&](int i, int c) {
          if (i % t.extent.whole_rows >= t.extent.rows) return;
          const int x = c * chunk;
          const float* from = t.mixed + i * t.extent.width + x;
          PackPair<W> values{load<P>(from), load<P>(from + W)};
          if (x < t.paired) values = in_order<T>(values);
          const std::int64_t query = query_of(t, i);
          results.store_mixed(query, part, x, values.first, t.total()[i]);
          if (x + W < t.d) results.store_mixed(query, part, x + W, values.second, t.total()[i]);
          if (x == 0) results.store_state(query, part, t.largest[i], t.total()[i]);
        });
  }
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
