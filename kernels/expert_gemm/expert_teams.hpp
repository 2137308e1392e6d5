// expert_gemm on teams of a Kokkos execution space, for weights in any storage. One team groups the
// tokens by expert. Then an expert with few tokens streams its rows past them, and one with more
// multiplies tiles, first for silu(gate) * up, then for the down projection.
#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/registry.hpp"
#include "kernels/common/kokkos/pack_math.hpp"
#include "kernels/common/kokkos/row_dots.hpp"
#include "kernels/common/kokkos/staging.hpp"
#include "kernels/common/kokkos/team_product.hpp"
#include "kernels/expert_gemm/experts_shape.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {
namespace expert_teams {

using IndexView = DeviceView<std::int32_t>;

/// Up to this number row dots read an expert's weights once or twice; a tile would be mostly empty.
inline constexpr int few_tokens = 8;

/// Stable counting sort over the E experts and the skip bin, by one team: each thread takes a bin,
/// and its vector lanes scan the tokens. A choice outside [0,E) counts as skip.
struct GroupTokens {
  IndexView choice, offset, order;  // [tokens], [E+2], [tokens]
  std::int64_t tokens, experts;

  KOKKOS_FUNCTION bool belongs(std::int64_t token, std::int64_t bin) const {
    const std::int64_t e = choice[token];
    return (e >= 0 && e < experts ? e : experts) == bin;
  }
  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, experts + 1), [&](std::int64_t bin) {
      std::int32_t count = 0;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, tokens),
          [&](std::int64_t t, std::int32_t& n) { n += belongs(t, bin) ? 1 : 0; }, count);
      Kokkos::single(Kokkos::PerThread(team), [&] { offset[bin + 1] = count; });
    });
    team.team_barrier();
    Kokkos::single(Kokkos::PerTeam(team), [&] {
      offset[0] = 0;
      for (std::int64_t bin = 0; bin <= experts; ++bin) offset[bin + 1] += offset[bin];
    });
    team.team_barrier();
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, experts + 1), [&](std::int64_t bin) {
      Kokkos::parallel_scan(Kokkos::ThreadVectorRange(team, tokens),
                            [&](std::int64_t t, std::int32_t& place, bool final) {
                              if (!belongs(t, bin)) return;
                              if (final) order[offset[bin] + place] = static_cast<std::int32_t>(t);
                              ++place;
                            });
    });
  }
};

/// Extents of the experts and their grouped tokens, as every pass reads them.
struct Groups {
  int hidden, inter, experts;
  const std::int32_t *offset, *order;

  KOKKOS_FUNCTION int count(int bin) const { return offset[bin + 1] - offset[bin]; }
  /// Number of tiles of at most `rows` tokens that share a bin; 0 for an expert with few tokens.
  KOKKOS_FUNCTION int tiles(int bin, int rows) const {
    const int tokens = count(bin);
    return bin < experts && tokens <= few_tokens ? 0 : (tokens + rows - 1) / rows;
  }
};

/// Positions first .. first + rows - 1 of the order; rows = 0: no such tile.
struct TokenTile {
  int expert, first, rows;
};
KOKKOS_FUNCTION inline TokenTile find_tile(const Groups& groups, int bins, int rows, int tile) {
  for (int bin = 0; bin < bins; ++bin) {
    const int tiles = groups.tiles(bin, rows);
    if (tile < tiles) {
      const int rest = groups.count(bin) - tile * rows;
      return {bin, groups.offset[bin] + tile * rows, rest < rows ? rest : rows};
    }
    tile -= tiles;
  }
  return {bins, 0, 0};
}

/// inner[place,i] = silu(G h) (U h), rounded to the storage type. Half of a tile's columns are gate
/// rows, the other half the matching up rows.
template <class Tile, class T, class Matrix>
struct GateUpTiles {
  using Product = TeamProduct<Tile, true>;
  static constexpr int half = Tile::columns / 2;

  Groups groups;
  const T* h;
  T* inner;
  Matrix gate_up;  // all experts' rows

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const Product product(team);
    const int hidden = groups.hidden, inter = groups.inter;
    const int ranges = (inter + half - 1) / half;
    const TokenTile at = find_tile(groups, groups.experts, Tile::rows, team.league_rank() / ranges);
    if (at.rows == 0) return;  // the whole team leaves
    const int i0 = team.league_rank() % ranges * half;
    const std::int64_t first_row = std::int64_t{at.expert} * 2 * inter + i0;
    const int outputs = inter - i0 < half ? inter - i0 : int{half};
    const std::int32_t* tokens = groups.order + at.first;
    const StoredOperand a{[=, from = h](int r) {
                            return r < at.rows ? from + std::int64_t{tokens[r]} * hidden : nullptr;
                          },
                          hidden};
    const auto b = gate_up.template operand<Tile>(team, first_row, [=](int c) {
      const int i = c % half;
      return i < outputs ? c / half * inter + i : -1;
    });
    T* to = inner + std::int64_t{at.first} * inter + i0;
    product.multiply(team, at.rows, a, b, [=](int r) {
      return [=, to = to + r * inter](int c, const auto& gate, const auto& up) {
        if (c < outputs) narrow_first(to + c, silu(gate) * up, outputs - c);
      };
    });
  }
};

/// m[token,o] = weight (D inner); skip tokens get theirs here too, without any expert's weights.
template <class Tile, class T, class Matrix>
struct DownTiles {
  using Product = TeamProduct<Tile>;

  Groups groups;
  const T *h, *inner;
  T* m;
  Matrix down;
  const float* weight;
  SkipRule skip;

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const Product product(team);
    const int hidden = groups.hidden, inter = groups.inter;
    const int ranges = (hidden + Tile::columns - 1) / Tile::columns;
    const TokenTile at =
        find_tile(groups, groups.experts + 1, Tile::rows, team.league_rank() / ranges);
    if (at.rows == 0) return;
    const int o0 = team.league_rank() % ranges * int{Tile::columns};
    const int outputs = hidden - o0 < Tile::columns ? hidden - o0 : int{Tile::columns};
    const std::int32_t* tokens = groups.order + at.first;
    if (at.expert == groups.experts) {
      skip_tokens(team, tokens, at.rows, o0, outputs);
      return;
    }
    const T* x = inner + std::int64_t{at.first} * inter;
    const StoredOperand a{
        [=, rows = at.rows](int r) { return r < rows ? x + std::int64_t{r} * inter : nullptr; },
        inter};
    const auto b = down.template operand<Tile>(team, std::int64_t{at.expert} * hidden + o0,
                                               [=](int c) { return c < outputs ? c : -1; });
    product.multiply(team, at.rows, a, b, [=, to = m + o0, weights = weight](int r) {
      const std::int64_t token = tokens[r];
      return [=, to = to + token * hidden, factor = weights[token]](int c, const auto& sums) {
        if (c < outputs) narrow_first(to + c, sums * factor, outputs - c);
      };
    });
  }

  KOKKOS_FUNCTION void skip_tokens(const ShapedTeam& team, const std::int32_t* tokens, int rows,
                                   int o0, int outputs) const {
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, rows * outputs), [&](int n) {
      const std::int64_t token = tokens[n / outputs];
      const std::int64_t at = token * groups.hidden + o0 + n % outputs;
      m[at] = from_float<T>(skip == SkipRule::identity ? weight[token] * to_float(h[at]) : 0.0F);
    });
  }
};

/// inner for experts with few tokens. Each team computes some outputs of an expert.
template <class Shape, class T, class Dots>
struct GateUpRows {
  using X = typename Dots::X;

  Groups groups;
  const X* h;  // [tokens,hidden], as Dots reads it
  X* inner;    // [tokens,inter], as Dots reads it
  Dots gate_up;

  static constexpr int outputs = Shape::dot_team_rows / 2;
  // Scratch for the sums of a team's gate and up rows.
  static constexpr std::size_t scratch_bytes =
      Dots::scratch_bytes + sizeof(float) * 2 * outputs * few_tokens + 64;

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const int hidden = groups.hidden, inter = groups.inter;
    const int ranges = (inter + outputs - 1) / outputs;
    const int expert = team.league_rank() / ranges, count = groups.count(expert);
    if (count == 0 || count > few_tokens) return;
    const int begin = team.league_rank() % ranges * outputs;
    const int here = inter - begin < outputs ? inter - begin : int{outputs};
    const std::int32_t* tokens = groups.order + groups.offset[expert];
    float* sums =
        static_cast<float*>(team.team_scratch(int{Shape::scratch_level})
                                .get_shmem_aligned(sizeof(float) * 2 * outputs * few_tokens, 64));
    const auto vector = [&](int t) { return h + std::int64_t{tokens[t]} * hidden; };
    const auto dots = gate_up.of_team(team);
    for (int half = 0; half < 2; ++half) {
      const std::int64_t row = (std::int64_t{expert} * 2 + half) * inter + begin;
      team_row_dots<Shape, int{Shape::dot_vectors}>(
          team, dots, row, row + here, count, vector, [&](std::int64_t o, int t, float sum) {
            sums[(half * outputs + static_cast<int>(o - row)) * few_tokens + t] = sum;
          });
    }
    team.team_barrier();
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, here * count), [&](int n) {
      const int o = n / count, t = n % count;
      using One = Pack<float, 1>;
      One gate, up;
      gate.at[0] = sums[o * few_tokens + t];
      up.at[0] = sums[(outputs + o) * few_tokens + t];
      const float value = to_float(from_float<T>((silu(gate) * up)[0]));
      inner[std::int64_t{groups.offset[expert] + t} * inter + Dots::place(begin + o, inter)] =
          from_float<X>(value);
    });
  }
};

/// m for experts with few tokens.
template <class Shape, class T, class Dots>
struct DownRows {
  Groups groups;
  const typename Dots::X* inner;
  T* m;
  Dots down;
  const float* weight;

  static constexpr int outputs = Shape::dot_team_rows;

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const int hidden = groups.hidden, inter = groups.inter;
    const int ranges = (hidden + outputs - 1) / outputs;
    const int expert = team.league_rank() / ranges, count = groups.count(expert);
    if (count == 0 || count > few_tokens) return;
    const int begin = team.league_rank() % ranges * outputs;
    const int here = hidden - begin < outputs ? hidden - begin : int{outputs};
    const std::int64_t row = std::int64_t{expert} * hidden + begin;
    const int first = groups.offset[expert];
    team_row_dots<Shape, int{Shape::dot_vectors}>(
        team, down.of_team(team), row, row + here, count,
        [&](int t) { return inner + std::int64_t{first + t} * inter; },
        [&](std::int64_t o, int t, float sum) {
          const std::int64_t token = groups.order[first + t];
          m[token * hidden + begin + (o - row)] = from_float<T>(weight[token] * sum);
        });
  }
};

/// Maximum number of tiles of `rows` tokens over all routings.
inline std::int64_t max_tiles(const ExpertsShape& c, std::int64_t rows) {
  return c.tokens / rows + std::min(c.experts + 1, c.tokens);
}

/// A host's tile covers an expert's even share of the tokens; a device's tile has a fixed size.
template <class Shape>
using ExpertTile = TileOf<Shape, TileRows::few>;

template <class Shape>
std::optional<std::string> unsupported(const ExpertsShape& c) {
  using Tile = ExpertTile<Shape>;
  const std::int64_t widest = std::max(c.hidden, 2 * c.inter);
  return too_large_product(std::max(max_tiles(c, Tile::rows) * pieces(widest, Tile::columns),
                                    c.experts * pieces(widest, Shape::dot_team_rows)),
                           widest);
}

/// The kernels of a launch, each with everything that it needs kept alive.
using Passes = std::vector<std::function<void()>>;

/// The passes for experts with more than a few tokens, and for the tokens that skip.
template <class Shape, class T, class Matrix>
void add_tiles(const ExpertsShape& c, const Groups& groups, const T* h, const DeviceView<T>& inner,
               T* m, const float* weight, const Matrix& gate_up, const Matrix& down,
               Passes& passes) {
  using Tile = ExpertTile<Shape>;
  using First = GateUpTiles<Tile, T, Matrix>;
  using Second = DownTiles<Tile, T, Matrix>;
  const First first{groups, h, inner.data(), gate_up};
  const Second second{groups, h, inner.data(), m, down, weight, c.skip};
  const auto policy = [&](std::int64_t ranges, std::size_t scratch) {
    return teams_of<TeamShape<Shape, Tile::team_size, Tile::vector_length>>(
        max_tiles(c, Tile::rows) * ranges, scratch + Matrix::scratch_bytes);
  };
  passes.push_back([=, p = policy(pieces(c.inter, First::half), First::Product::scratch_bytes())] {
    Kokkos::parallel_for("gate and up tiles", p, first);
  });
  passes.push_back(
      [=, p = policy(pieces(c.hidden, Tile::columns), Second::Product::scratch_bytes())] {
        (void)inner;
        Kokkos::parallel_for("down tiles", p, second);
      });
}

/// The passes for experts with few tokens.
template <class Shape, class T, class Matrix>
void add_rows(const ExpertsShape& c, const Groups& groups, const Staged<T>& h,
              const DeviceView<T>& inner, T* m, const float* weight, const Matrix& gate_up,
              const Matrix& down, Passes& passes) {
  const auto policy = [&](std::int64_t extent, std::int64_t outputs, std::size_t scratch) {
    return teams_of<TeamShape<Shape, Shape::dot_team_size, Shape::dot_partials>>(
        c.experts * pieces(extent, outputs), scratch);
  };
  gate_up.template with_dots<Shape>([&]<class Dots>(const Dots& dots) {
    using X = typename Dots::X;
    const DotVectors<Dots, T> vectors(h, c.tokens, c.hidden);
    DeviceView<X> between;  // as the down projection's dots read it
    if constexpr (Dots::in_place) {
      between = inner;
    } else {
      between = DeviceView<X>("inner, laid out", c.tokens * c.inter);
    }
    using First = GateUpRows<Shape, T, Dots>;
    const First first{groups, vectors.data(), between.data(), dots};
    passes.push_back([=, p = policy(c.inter, First::outputs, First::scratch_bytes)] {
      vectors.lay_out();
      Kokkos::parallel_for("gate and up rows", p, first);
    });
    down.template with_dots<Shape>([&]<class DownDots>(const DownDots& down_dots) {
      using Second = DownRows<Shape, T, DownDots>;
      const Second second{groups, between.data(), m, down_dots, weight};
      passes.push_back([=, p = policy(c.hidden, Second::outputs, DownDots::scratch_bytes)] {
        (void)between;
        Kokkos::parallel_for("down rows", p, second);
      });
    });
  });
}

/// Matrices: StoredMatrix or FourBitMatrix. `keep` owns their memory and is kept as long as the
/// launch.
template <class Shape, class T, class Matrix, class Keep>
std::unique_ptr<Launch> launch(const ExpertsShape& c, TensorSet& tensors, const Matrix& gate_up,
                               const Matrix& down, const Keep& keep) {
  const Staged<T> h(tensors["h"]), m(tensors["m"]);
  const Staged<float> weight(tensors["weight"]);
  const Staged<std::int32_t> choice(tensors["choice"]);
  const IndexView offset("offset", c.experts + 2), order("order", c.tokens);
  const DeviceView<T> inner("inner", c.tokens * c.inter);
  const Groups groups{static_cast<int>(c.hidden), static_cast<int>(c.inter),
                      static_cast<int>(c.experts), offset.data(), order.data()};
  const GroupTokens group{choice.view(), offset, order, c.tokens, c.experts};
  const auto one_team =
      teams_of<TeamShape<Shape, Shape::group_team_size, Shape::dot_partials>>(1, 0);
  Passes passes{[=] { Kokkos::parallel_for("group tokens", one_team, group); }};
  add_rows<Shape, T>(c, groups, h, inner, m.data(), weight.data(), gate_up, down, passes);
  add_tiles<Shape, T>(c, groups, h.data(), inner, m.data(), weight.data(), gate_up, down, passes);
  return make_launch(
      [=] {
        (void)keep, (void)weight;
        for (const std::function<void()>& pass : passes) pass();
        Kokkos::fence();
      },
      [=] { m.fetch(); });
}

}  // namespace expert_teams
}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
