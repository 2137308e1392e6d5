// mla_attention, portable: one team per tile of query rows (tokens, and the heads that share a
// key). Rows are mapped to lanes. With 16 heads one decode token already fills a pack of 16.
#pragma once

#include "kernels/common/kokkos/softmax_rows.hpp"
#include "kernels/mla_attention/mla_layout.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

template <class Shape, bool Few, class T>
struct AttendLatent {
  using Shaped = Shape;
  using Tile = QueryTile<Shape, Few, 1280>;
  using Rows = SoftmaxRows<Tile>;
  static constexpr int W = Tile::lanes;
  using P = Pack<float, W>;

  MlaLayout at;
  std::int64_t tiles;
  SplitCut split;
  float factor;                 // log2 e / sqrt(nope + rope): scores are exponents of 2
  DeviceView<T> q, cache, own;  // own: tensor of keys' own parts and values
  DeviceView<std::int32_t> valid;
  SplitResults<T> results;

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    // Rows and keys of this team: the longest tiles first, the splits of a tile consecutive.
    std::int64_t rank = team.league_rank();
    const std::int64_t part = rank % results.splits;
    rank /= results.splits;
    const std::int64_t j = rank % at.key_heads;
    rank /= at.key_heads;
    const std::int64_t b = rank % at.batch;
    const std::int64_t row = (tiles - 1 - rank / at.batch) * Tile::rows;
    const std::int64_t left = at.tokens * at.group - row;
    const int count = left < Tile::rows ? static_cast<int>(left) : int{Tile::rows};
    const std::int64_t end = valid.data()[2 * b + 1];
    const std::int64_t begin = valid.data()[2 * b] + part * split.keys;
    std::int64_t stop = at.end_of((row + count - 1) / at.group, end);
    if (results.splits > 1 && stop - begin > split.keys) stop = begin + split.keys;
    const std::int64_t earliest_end = at.end_of(row / at.group, end);
    const auto width = static_cast<int>(at.width()), values = static_cast<int>(at.values);
    const auto query_of = [&](int r) {
      return at.query(b, (row + r) / at.group, j * at.group + (row + r) % at.group);
    };
    const auto row_of = [&](int r) { return q.data() + query_of(r) * at.width(); };

    const Rows rows(team, count, width, values);
    rows.start(
        team, [&](int) { return begin; },
        [&](int r) {
          const std::int64_t last = at.end_of((row + r) / at.group, end);
          return last < stop ? last : stop;
        });
    if constexpr (Tile::keeps_queries) rows.load_queries(team, 0, width, factor, row_of);
    for (std::int64_t s0 = begin; s0 < stop; s0 += Tile::keys) {
      const int here = stop - s0 < Tile::keys ? static_cast<int>(stop - s0) : int{Tile::keys};
      const int whole = (here + Tile::score_keys - 1) / Tile::score_keys * Tile::score_keys;
      KeyRows staged{};
      for (int x0 = 0; x0 < width; x0 += Tile::depth) {
        const int depth = width - x0 < Tile::depth ? width - x0 : int{Tile::depth};
        if constexpr (!Tile::keeps_queries) {
          rows.load_queries(team, x0, depth, factor, row_of);
        }
        staged = rows.stage_keys(
            team, here, whole, depth, [&](int s) { return key_of(b, s0 + s, j); },
            [&](const Key& key, int x) { return key_pack(key, x0 + x); });
        team.team_barrier();
        rows.add_scores(team, staged, whole, x0, depth);
        team.team_barrier();
      }
      rows.soften(team, s0, here, whole, s0 + whole > earliest_end || here < whole);
      // If whole keys are staged as stored, the values of a latent are already staged.
      const bool values_staged = at.latent && Tile::component_step == 1 && width <= Tile::depth;
      for (int x0 = 0; x0 < values; x0 += Tile::depth) {
        const int depth = values - x0 < Tile::depth ? values - x0 : int{Tile::depth};
        if (!values_staged) {
          staged = rows.stage_values(
              team, here, whole, depth,
              [&](int s) { return own.data() + at.value_at(b, s0 + s, j) + x0; },
              [&](const T* from, int x) { return widen_first<W>(from + x, depth - x); });
        }
        team.team_barrier();
        rows.mix(team, staged, whole, x0, depth);
        team.team_barrier();
      }
    }
    team.team_barrier();
    rows.finish(team, part, results, query_of);
  }

 private:
  /// The parts of a key: its own, and the rotated one shared by all heads.
  struct Key {
    const T *own_part, *rotated;
    int own_width, width;
  };
  KOKKOS_FORCEINLINE_FUNCTION Key key_of(std::int64_t b, std::int64_t s, std::int64_t j) const {
    return {own.data() + at.key_at(b, s, j), cache.data() + at.cache_at(b, s) + at.rank,
            static_cast<int>(at.own), static_cast<int>(at.width())};
  }
  /// Components of a key from x on.
  KOKKOS_FORCEINLINE_FUNCTION static P key_pack(const Key& key, int x) {
    if (x + W <= key.own_width) return widen<W>(key.own_part + x);
    if (x >= key.own_width) {
      return widen_first<W>(key.rotated + (x - key.own_width), key.width - x);
    }
    P both = broadcast<P>(0.0F);
    for (int l = 0; l < W && x + l < key.width; ++l) {
      const int i = x + l - key.own_width;
      both.at[l] = to_float(i < 0 ? key.own_part[x + l] : key.rotated[i]);
    }
    return both;
  }
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
