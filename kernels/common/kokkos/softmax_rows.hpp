// Attention for a tile of query rows that fill the lanes: scores, running softmax and weighted sum
// of values. Keys and values are broadcast, softmax needs no reduction across lanes, and both
// products use the register block of matrix products (register_block.hpp).
#pragma once

#include <Kokkos_Core.hpp>
#include <cmath>
#include <cstdint>

#include "kernels/common/kokkos/pack_math.hpp"
#include "kernels/common/kokkos/pack_moves.hpp"
#include "kernels/common/kokkos/register_block.hpp"
#include "kernels/common/kokkos/space_shape.hpp"
#include "kernels/common/kokkos/split_results.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Tile sizes. Few: for row counts where a block is one pack, or for values so wide that few rows
/// fit in scratch. MaxWidth: the maximum number of components of a key.
template <class Shape, bool Few, int MaxWidth>
struct QueryTile;

template <bool Few, int MaxWidth>
struct QueryTile<HostShape, Few, MaxWidth> : HostShape {
  static constexpr int row_packs = Few ? 1 : (native_lanes == 16 ? 3 : 2);
  // About 32 rows or more, so that the cost of staging a key is small compared to its use.
  static constexpr int rows = row_packs * lanes * (Few || native_lanes == 16 ? 1 : 2);
  static constexpr int keys = MaxWidth > 256 ? 32 : 64;  // per step
  // Columns of a block of sums: together with its operands it fills the registers.
  static constexpr int score_keys = (native_lanes == 16 ? 8 : 4) * (Few ? 2 : 1);
  static constexpr int mix_components = score_keys;
  static constexpr int depth = MaxWidth;  // components of keys or values staged at a time
  static constexpr bool keeps_queries = true;
  // Staged keys keep their stored layout, padded to an odd number of cache lines to avoid set
  // conflicts.
  static constexpr int key_step = (MaxWidth + 15) / 16 / 2 * 32 + 16, component_step = 1;
  static constexpr int weight_step = rows;
};

template <bool Few, int MaxWidth>
struct QueryTile<DeviceShape, Few, MaxWidth> : DeviceShape {
  static constexpr int max_registers = 64;  // without a limit 72 on sm_90
  static constexpr int team_size = 32, vector_length = 4;
  static constexpr int row_packs = Few ? 2 : 4;
  static constexpr int rows = Few ? 16 : 32;
  static constexpr int keys = 32;
  static constexpr int score_keys = 2;
  static constexpr int mix_components = 4;
  static constexpr int depth = 64;
  static constexpr bool keeps_queries = !Few;
  // Keys are staged transposed; an odd step avoids bank conflicts in the writes and reads of a
  // warp.
  static constexpr int key_step = 1, component_step = keys + 1;
  static constexpr int weight_step = rows + 4;
};

/// f32 keys or values in memory: component x of key s is from[s * key_step + x * component_step].
struct KeyRows {
  const float* from;
  int key_step, component_step;
};

/// Calls body(row, pack, row_of(row)) for `rows` rows of `packs` packs. Adjacent packs go to
/// adjacent threads; a host computes row_of() once per row.
template <class Shape, class RowOf, class Body>
KOKKOS_FORCEINLINE_FUNCTION void for_packs_of_rows(const ShapedTeam& team, int rows, int packs,
                                                   const RowOf& row_of, const Body& body) {
  if constexpr (Shape::team_size == 1) {
    for (int r = 0; r < rows; ++r) {
      const auto row = row_of(r);
      for (int i = 0; i < packs; ++i) body(r, i, row);
    }
  } else {
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, rows * packs),
                         [&](int i) { body(i / packs, i % packs, row_of(i / packs)); });
  }
}
/// The same without per-row data.
template <class Shape, class Body>
KOKKOS_FORCEINLINE_FUNCTION void for_packs_of_rows(const ShapedTeam& team, int rows, int packs,
                                                   const Body& body) {
  for_packs_of_rows<Shape>(
      team, rows, packs, [](int) { return 0; }, [&](int r, int i, int) { body(r, i); });
}

/// max_over: the larger of `start` and the largest body(i), i < count. sum_over: the sum of
/// body(i). The vector lanes of a thread share the work.
template <class Shape, class P, class Body>
KOKKOS_FORCEINLINE_FUNCTION P max_over(const ShapedTeam& team, int count, const P& start,
                                       const Body& body) {
  if constexpr (Shape::vector_length == 1) {
    P most = start;
    for (int i = 0; i < count; ++i) most = max(body(i), most);
    return most;
  } else {
    float most = -INFINITY;
    Kokkos::parallel_reduce(
        Kokkos::ThreadVectorRange(team, count),
        [&](int i, float& m) {
          const float x = body(i)[0];
          m = x > m ? x : m;
        },
        Kokkos::Max<float>(most));
    return max(broadcast<P>(most), start);
  }
}
template <class Shape, class P, class Body>
KOKKOS_FORCEINLINE_FUNCTION P sum_over(const ShapedTeam& team, int count, const Body& body) {
  if constexpr (Shape::vector_length == 1) {
    P sum[2] = {broadcast<P>(0.0F), broadcast<P>(0.0F)};  // count is even
    for (int i = 0; i < count; i += 2) {
      sum[0] += body(i);
      sum[1] += body(i + 1);
    }
    return sum[0] + sum[1];
  } else {
    float sum = 0;
    Kokkos::parallel_reduce(
        Kokkos::ThreadVectorRange(team, count), [&](int i, float& s) { s += body(i)[0]; }, sum);
    return broadcast<P>(sum);
  }
}

/// A team's tile in scratch, and the steps of attention on it. Every thread of the team calls every
/// function with the same arguments; the caller places the barriers.
template <class Tile>
class SoftmaxRows {
 public:
  static constexpr int W = Tile::lanes, V = Tile::row_packs, R = Tile::rows;
  static constexpr int block_rows = V * W;
  using P = Pack<float, W>;
  using Place = Pack<std::int32_t, W>;
  static_assert(R % block_rows == 0 && Tile::keys % Tile::score_keys == 0);
  static_assert(Tile::score_keys % 2 == 0 && Tile::depth % Tile::mix_components == 0);

  /// Scratch for keys of key_width components and values of value_width.
  KOKKOS_FUNCTION static std::size_t scratch_bytes(int key_width, int value_width) {
    const int floats = R * query_width(key_width) + R * whole(value_width) +
                       Tile::keys * Tile::weight_step + 5 * R + staged_floats;
    return sizeof(float) * static_cast<std::size_t>(floats);
  }

  /// `count` rows, at most R. Only blocks and packs that contain a row are computed.
  KOKKOS_FUNCTION SoftmaxRows(const ShapedTeam& team, int count, int key_width, int value_width)
      : count_(count),
        row_packs_((count + W - 1) / W),
        row_blocks_(R == block_rows ? 1 : (count + block_rows - 1) / block_rows),
        value_width_(value_width) {
    queries_ =
        static_cast<float*>(team.team_scratch(int{Tile::scratch_level})
                                .get_shmem_aligned(scratch_bytes(key_width, value_width), 64));
    mixed_ = queries_ + R * query_width(key_width);
    weights_ = mixed_ + R * whole(value_width);
    largest_ = weights_ + Tile::keys * Tile::weight_step;
    total_ = largest_ + R;
    rescale_ = total_ + R;
    begins_ = reinterpret_cast<std::int32_t*>(rescale_ + R);
    ends_ = begins_ + R;
    staged_ = reinterpret_cast<float*>(ends_ + R);
  }

  /// Initialises the rows; row r attends to keys [begin_of(r), end_of(r)).
  template <class Begin, class End>
  KOKKOS_FUNCTION void start(const ShapedTeam& team, const Begin& begin_of,
                             const End& end_of) const {
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, int{R}), [&](int r) {
      begins_[r] = r < count_ ? static_cast<std::int32_t>(begin_of(r)) : 0;
      ends_[r] = r < count_ ? static_cast<std::int32_t>(end_of(r)) : 0;
      largest_[r] = -INFINITY;
      total_[r] = 0;
    });
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, R / W * whole(value_width_)),
                         [&](int i) { store(mixed_ + i * W, broadcast<P>(0.0F)); });
  }

  /// Loads components [x0, x0 + depth) of the queries times `factor`; row_of(r) points to row r.
  template <class RowOf>
  KOKKOS_FUNCTION void load_queries(const ShapedTeam& team, int x0, int depth, float factor,
                                    const RowOf& row_of) const {
    for_packs_of_rows<Tile>(team, R / W, (depth + W - 1) / W, [&](int g, int i) {
      const int r = g * W, x = i * W;
      P block[W];
      KG_UNROLL for (int l = 0; l < W; ++l) {
        block[l] = broadcast<P>(0.0F);
        if (r + l < count_) block[l] = widen_first<W>(row_of(r + l) + x0 + x, depth - x) * factor;
      }
      transpose(block);
      KG_UNROLL for (int l = 0; l < W; ++l) store(queries_ + (x + l) * R + r, block[l]);
    });
  }

  /// Stages `keys` keys, of which the first `here` exist; the others are 0. load(row_of(s), x)
  /// returns a pack of key s from component x on.
  template <class RowOf, class Load>
  KOKKOS_FUNCTION KeyRows stage_keys(const ShapedTeam& team, int here, int keys, int depth,
                                     const RowOf& row_of, const Load& load) const {
    stage<Tile::key_step, Tile::component_step>(team, here, keys, depth, row_of, load);
    return {staged_, int{Tile::key_step}, int{Tile::component_step}};
  }
  /// The same for values, whose components are staged contiguously.
  template <class RowOf, class Load>
  KOKKOS_FUNCTION KeyRows stage_values(const ShapedTeam& team, int here, int keys, int depth,
                                       const RowOf& row_of, const Load& load) const {
    constexpr int step = Tile::component_step == 1 ? Tile::key_step : Tile::depth;
    stage<step, 1>(team, here, keys, depth, row_of, load);
    return {staged_, step, 1};
  }

  /// Computes the scores of `keys` keys, a multiple of score_keys, over components [x0, x0 + depth)
  /// of the queries, and adds them to those of the components before x0.
  KOKKOS_FUNCTION void add_scores(const ShapedTeam& team, const KeyRows& k, int keys, int x0,
                                  int depth) const {
    constexpr int C = Tile::score_keys;
    const float* queries = queries_ + (Tile::keeps_queries ? x0 * R : 0);
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, row_blocks_ * (keys / C)), [&](int i) {
      const int r = i % row_blocks_ * block_rows, s = i / row_blocks_ * C;
      float* to = weights_ + s * Tile::weight_step + r;
      P sum[C][V];
      if (x0 == 0) {
        clear_block(sum);
      } else {
        load_block<Tile::weight_step>(to, sum);
      }
      add_block<C, V>(queries + r, R, k.from + s * k.key_step, k.key_step, k.component_step, depth,
                      sum);
      store_block<Tile::weight_step>(to, sum);
    });
  }

  /// Converts the scores of keys [s0, s0 + keys), of which `here` exist, to weights under the new
  /// running maximum. `masked`: some row does not attend to all of these keys.
  KOKKOS_FUNCTION void soften(const ShapedTeam& team, std::int64_t s0, int here, int keys,
                              bool masked) const {
    constexpr int step = Tile::weight_step;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, row_blocks_ * V), [&](int g) {
      const int r = g * W;
      float* scores = weights_ + r;
      if (masked) {
        const Place begin = load<Place>(begins_ + r), own_end = load<Place>(ends_ + r);
        const auto last = broadcast<Place>(static_cast<std::int32_t>(s0) + here);
        const Place end = select(own_end < last, own_end, last);
        Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, keys), [&](int s) {
          const Place at = broadcast<Place>(static_cast<std::int32_t>(s0) + s);
          const P score = load<P>(scores + s * step);
          store(scores + s * step,
                select((at >= begin) & (at < end), score, broadcast<P>(-INFINITY)));
        });
      }
      const P before = load<P>(largest_ + r);
      const P most =
          max_over<Tile>(team, keys, before, [&](int s) { return load<P>(scores + s * step); });
      // For a row that has seen no key yet, all weights are 0.
      const P base = select(most == -INFINITY, broadcast<P>(0.0F), most);
      const P sum = sum_over<Tile, P>(team, keys, [&](int s) {
        const P weight = exp2(load<P>(scores + s * step) - base);
        store(scores + s * step, weight);
        return weight;
      });
      Kokkos::single(Kokkos::PerThread(team), [&] {
        const P change = exp2(before - base);
        store(rescale_ + r, change);
        store(total_ + r, load<P>(total_ + r) * change + sum);
        store(largest_ + r, most);
      });
    });
  }

  /// Adds the weighted values of `keys` keys to the accumulator, components [x0, x0 + depth).
  KOKKOS_FUNCTION void mix(const ShapedTeam& team, const KeyRows& v, int keys, int x0,
                           int depth) const {
    constexpr int C = Tile::mix_components;
    const int blocks = (depth + C - 1) / C;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, row_blocks_ * blocks), [&](int i) {
      const int r = i % row_blocks_ * block_rows, x = i / row_blocks_ * C;
      float* to = mixed_ + (x0 + x) * R + r;
      P sum[C][V];
      load_block<R>(to, sum);
      KG_UNROLL for (int p = 0; p < V; ++p) {
        const P change = load<P>(rescale_ + r + p * W);
        KG_UNROLL for (int c = 0; c < C; ++c) sum[c][p] = sum[c][p] * change;
      }
      add_block<C, V>(weights_ + r, Tile::weight_step, v.from + x, 1, v.key_step, keys, sum);
      store_block<R>(to, sum);
    });
  }

  /// Stores the rows in `results`; query_of(r) is the index of row r there.
  template <class T, class QueryOf>
  KOKKOS_FUNCTION void finish(const ShapedTeam& team, std::int64_t split,
                              const SplitResults<T>& results, const QueryOf& query_of) const {
    for_packs_of_rows<Tile>(team, row_packs_, (value_width_ + W - 1) / W, [&](int g, int i) {
      const int r = g * W, x = i * W;
      P block[W];
      KG_UNROLL for (int l = 0; l < W; ++l) block[l] = load<P>(mixed_ + (x + l) * R + r);
      transpose(block);
      KG_UNROLL for (int l = 0; l < W; ++l) {
        if (r + l >= count_) continue;
        const std::int64_t query = query_of(r + l);
        results.store_mixed(query, split, x, block[l], total_[r + l]);
        if (x == 0) results.store_state(query, split, largest_[r + l], total_[r + l]);
      }
    });
  }

 private:
  static constexpr int staged_floats =
      Tile::component_step == 1 ? Tile::keys * Tile::key_step : Tile::depth * Tile::component_step;

  /// Rounds up to whole packs and blocks of components.
  KOKKOS_FUNCTION static int whole(int width) {
    constexpr int unit = W > Tile::mix_components ? W : Tile::mix_components;
    return (width + unit - 1) / unit * unit;
  }
  KOKKOS_FUNCTION static int query_width(int key_width) {
    return Tile::keeps_queries ? whole(key_width) : int{Tile::depth};
  }

  template <int Step, int C>
  KOKKOS_FORCEINLINE_FUNCTION static void load_block(const float* from, P (&sum)[C][V]) {
    KG_UNROLL for (int c = 0; c < C; ++c) {
      KG_UNROLL for (int p = 0; p < V; ++p) sum[c][p] = load<P>(from + c * Step + p * W);
    }
  }
  template <int Step, int C>
  KOKKOS_FORCEINLINE_FUNCTION static void store_block(float* to, const P (&sum)[C][V]) {
    KG_UNROLL for (int c = 0; c < C; ++c) {
      KG_UNROLL for (int p = 0; p < V; ++p) store(to + c * Step + p * W, sum[c][p]);
    }
  }

  template <int KeyStep, int ComponentStep, class RowOf, class Load>
  KOKKOS_FORCEINLINE_FUNCTION void stage(const ShapedTeam& team, int here, int keys, int depth,
                                         const RowOf& row_of, const Load& load) const {
    static_assert(ComponentStep == 1 || W == 1, "a pack is stored as a whole");
    const auto row_there = [&](int s) { return row_of(s < here ? s : here - 1); };
    for_packs_of_rows<Tile>(team, keys, whole(depth) / W, row_there,
                            [&](int s, int i, const auto& row) {
                              const int x = i * W;
                              P numbers = broadcast<P>(0.0F);
                              if (s < here && x < depth) numbers = load(row, x);
                              store(staged_ + s * KeyStep + x * ComponentStep, numbers);
                            });
  }

  int count_, row_packs_, row_blocks_, value_width_;
  float *queries_, *mixed_, *weights_;  // [component][row], [component][row], [key][row]
  float *largest_, *total_, *rescale_;  // per row; the largest score is an exponent of 2
  std::int32_t *begins_, *ends_;        // range of keys of each row
  float* staged_;                       // keys or values as f32
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
