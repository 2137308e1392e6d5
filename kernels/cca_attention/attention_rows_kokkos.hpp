// cca_attention, portable, many query rows: one team per tile of rows (tokens and the heads of a
// group, which share every key). Rows are mapped to lanes.
#pragma once

#include "kernels/cca_attention/attention_sizes.hpp"
#include "kernels/common/kokkos/softmax_rows.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// The tensors of a launch in the execution space's memory.
template <class T>
struct AttentionTensors {
  DeviceView<T> q, k, v;
  DeviceView<std::int32_t> valid;
};

template <class Shape, bool Few, class T>
struct AttendRows {
  using Shaped = Shape;
  using Tile = QueryTile<Shape, Few, 256>;
  using Rows = SoftmaxRows<Tile>;
  static constexpr int W = Tile::lanes;

  AttentionSizes size;
  std::int64_t tile_rows, tiles;
  int tile_keys;
  SplitCut split;
  float factor;  // log2 e / sqrt(d): scores are exponents of 2
  AttentionTensors<T> in;
  SplitResults<T> results;

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    // Rows and keys of this team: the longest tiles first, the splits of a tile consecutive.
    std::int64_t rank = team.league_rank();
    const std::int64_t part = rank % results.splits;
    rank /= results.splits;
    const std::int64_t j = rank % size.kv_heads;
    rank /= size.kv_heads;
    const std::int64_t b = rank % size.batch;
    const std::int64_t row = (tiles - 1 - rank / size.batch) * tile_rows;
    const std::int64_t left = size.tokens * size.group - row;
    const auto count = static_cast<int>(left < tile_rows ? left : tile_rows);
    const std::int64_t first = in.valid.data()[2 * b], end = in.valid.data()[2 * b + 1];
    const std::int64_t token0 = row / size.group, last_token = (row + count - 1) / size.group;
    const std::int64_t begin = size.begin_of(token0, first, end) + part * split.keys;
    std::int64_t stop = size.end_of(last_token, end);
    if (results.splits > 1 && stop - begin > split.keys) stop = begin + split.keys;
    const std::int64_t latest_begin = size.begin_of(last_token, first, end);
    const std::int64_t earliest_end = size.end_of(token0, end);

    const auto d = static_cast<int>(size.head_dim);
    const std::int64_t step = size.kv_heads * size.head_dim;  // stride between keys
    const T* keys = in.k.data() + size.key_at(b, 0, j);
    const T* values = in.v.data() + size.key_at(b, 0, j);
    const auto query_of = [&](int r) {
      const std::int64_t token = (row + r) / size.group;
      return (b * size.tokens + token) * size.heads + j * size.group + (row + r) % size.group;
    };
    const auto row_of = [&](int r) { return in.q.data() + query_of(r) * size.head_dim; };

    const Rows rows(team, count, d, d);
    rows.start(
        team, [&](int r) { return size.begin_of((row + r) / size.group, first, end); },
        [&](int r) {
          const std::int64_t own = size.end_of((row + r) / size.group, end);
          return own < stop ? own : stop;
        });
    if constexpr (Tile::keeps_queries) rows.load_queries(team, 0, d, factor, row_of);
    for (std::int64_t s0 = begin; s0 < stop; s0 += tile_keys) {
      const auto here = static_cast<int>(stop - s0 < tile_keys ? stop - s0 : tile_keys);
      const int whole = (here + Tile::score_keys - 1) / Tile::score_keys * Tile::score_keys;
      for (int x0 = 0; x0 < d; x0 += Tile::depth) {
        const int depth = d - x0 < Tile::depth ? d - x0 : int{Tile::depth};
        if constexpr (!Tile::keeps_queries) {
          rows.load_queries(team, x0, depth, factor, row_of);
        }
        KeyRows k = in_place(keys + s0 * step, here == whole);
        if (k.from == nullptr) {
          k = rows.stage_keys(
              team, here, whole, depth, [&](int s) { return keys + (s0 + s) * step + x0; },
              [&](const T* from, int x) { return widen_first<W>(from + x, depth - x); });
        }
        team.team_barrier();
        rows.add_scores(team, k, whole, x0, depth);
        team.team_barrier();
      }
      rows.soften(team, s0, here, whole,
                  s0 < latest_begin || s0 + whole > earliest_end || here < whole);
      for (int x0 = 0; x0 < d; x0 += Tile::depth) {
        const int depth = d - x0 < Tile::depth ? d - x0 : int{Tile::depth};
        KeyRows v = in_place(values + s0 * step, here == whole && d % Tile::mix_components == 0);
        if (v.from == nullptr) {
          v = rows.stage_values(
              team, here, whole, depth, [&](int s) { return values + (s0 + s) * step + x0; },
              [&](const T* from, int x) { return widen_first<W>(from + x, depth - x); });
        }
        team.team_barrier();
        rows.mix(team, v, whole, x0, depth);
        team.team_barrier();
      }
    }
    team.team_barrier();
    rows.finish(team, part, results, query_of);
  }

 private:
  /// Rows of an f32 cache that a tile reads in place; no rows if they have to be staged.
  KOKKOS_FORCEINLINE_FUNCTION KeyRows in_place(const T* from, bool whole) const {
    if constexpr (std::is_same_v<T, float> && Tile::component_step == 1) {
      if (whole) return {from, static_cast<int>(size.kv_heads * size.head_dim), 1};
    }
    return {nullptr, 0, 0};
  }
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
