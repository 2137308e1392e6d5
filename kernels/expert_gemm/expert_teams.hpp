// expert_gemm on teams of a Kokkos execution space, for weights in any storage: one team groups the
// tokens, then teams take tiles of an expert's tokens by a range of its outputs, first for
// silu(gate) * up, then for the down projection.
#pragma once

#include <Kokkos_Core.hpp>
#include <memory>
#include <optional>
#include <string>

#include "harness/core/registry.hpp"
#include "harness/executors/kokkos/staging.hpp"
#include "harness/executors/kokkos/team_tile.hpp"
#include "kernels/expert_gemm/experts_shape.hpp"

namespace kernelgate::expert_teams {

using TeamPolicy = Kokkos::TeamPolicy<Space>;
using Team = TeamPolicy::member_type;
using IndexView = DeviceView<std::int32_t>;

/// Stable counting sort over the E experts and the skip bin, by one team: a thread takes a bin, its
/// lanes scan the tokens. A choice outside [0,E) counts as skip.
struct GroupTokens {
  IndexView choice, offset, order;  // [tokens], [E+2], [tokens]
  std::int64_t tokens, experts;

  KOKKOS_FUNCTION bool belongs(std::int64_t token, std::int64_t bin) const {
    const std::int64_t e = choice[token];
    return (e >= 0 && e < experts ? e : experts) == bin;
  }
  KOKKOS_FUNCTION void operator()(const Team& team) const {
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

/// Tiles of at most `Rows` tokens that share an expert. There are at most tokens/Rows + E + 1.
struct TokenTile {
  std::int64_t expert, first, rows;  // places first .. first + rows - 1; no rows: no such tile
};
template <int Rows>
KOKKOS_FUNCTION TokenTile find_tile(const IndexView& offset, std::int64_t bins, std::int64_t tile) {
  for (std::int64_t bin = 0; bin < bins; ++bin) {
    const std::int64_t count = offset[bin + 1] - offset[bin];
    const std::int64_t tiles = (count + Rows - 1) / Rows;
    if (tile < tiles) {
      const std::int64_t rest = count - tile * Rows;
      return {bin, offset[bin] + tile * Rows, rest < Rows ? rest : Rows};
    }
    tile -= tiles;
  }
  return {bins, 0, 0};
}

/// inner[place,i] = silu(G h) (U h), rounded to the storage type. A tile of 2 * half outputs holds
/// `half` gate rows and the up rows that belong to them.
template <class T, class Weight, int Rows>
struct GateUp {
  static constexpr int half = 32;
  using Tile = TeamTile<Rows, 2 * half>;

  DeviceView<T> h, inner;
  Weight gate_up;  // all experts' rows
  IndexView offset, order;
  std::int64_t hidden, inter, experts, ranges;

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    const Tile tile(team);
    const TokenTile at = find_tile<Rows>(offset, experts, team.league_rank() / ranges);
    if (at.rows == 0) return;  // the whole team leaves
    const std::int64_t i0 = team.league_rank() % ranges * half;
    const std::int64_t first_row = at.expert * 2 * inter;
    const auto token = [&](int row, std::int64_t k) {
      return row < at.rows ? to_float(h[order[at.first + row] * hidden + k]) : 0.0F;
    };
    const auto output = [&](int column, std::int64_t k) {
      const std::int64_t i = i0 + column % half;
      return i < inter ? gate_up.at(first_row + column / half * inter + i, k) : 0.0F;
    };
    tile.multiply(team, hidden, token, output);
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, at.rows * half), [&](std::int64_t n) {
      const std::int64_t row = n / half, column = n % half;
      if (i0 + column >= inter) return;
      const float gate = tile.sum(row, column), up = tile.sum(row, half + column);
      const float silu = gate / (1 + Kokkos::exp(-gate));
      inner[(at.first + row) * inter + i0 + column] = from_float<T>(silu * up);
    });
  }
};

/// m[token,o] = weight (D inner); skip tokens get theirs here too, from no expert's weights.
template <class T, class Weight, int Rows>
struct Down {
  static constexpr int columns = 64;
  using Tile = TeamTile<Rows, columns>;

  DeviceView<T> h, inner, m;
  Weight down;
  DeviceView<float> weight;
  IndexView offset, order;
  std::int64_t hidden, inter, experts, ranges;
  SkipRule skip;

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    const Tile tile(team);
    const TokenTile at = find_tile<Rows>(offset, experts + 1, team.league_rank() / ranges);
    if (at.rows == 0) return;
    const std::int64_t o0 = team.league_rank() % ranges * columns;
    if (at.expert < experts) {
      tile.multiply(
          team, inter,
          [&](int row, std::int64_t k) {
            return row < at.rows ? to_float(inner[(at.first + row) * inter + k]) : 0.0F;
          },
          [&](int column, std::int64_t k) {
            return o0 + column < hidden ? down.at(at.expert * hidden + o0 + column, k) : 0.0F;
          });
    }
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, at.rows * columns), [&](std::int64_t n) {
      const std::int64_t row = n / columns, o = o0 + n % columns;
      if (o >= hidden) return;
      const std::int64_t token = order[at.first + row];
      float value = 0;
      if (at.expert < experts)
        value = weight[token] * tile.sum(row, n % columns);
      else if (skip == SkipRule::identity)
        value = weight[token] * to_float(h[token * hidden + o]);
      m[token * hidden + o] = from_float<T>(value);
    });
  }
};

inline std::int64_t tiles_of(const ExpertsShape& c, std::int64_t rows) {
  return c.tokens / rows + c.experts + 1;
}
inline std::int64_t ranges_of(std::int64_t extent, std::int64_t width) {
  return (extent + width - 1) / width;
}

/// `keep` is held as long as the launch: the memory of the weights.
template <int Rows, class T, class Weight, class Keep>
std::unique_ptr<Launch> launch_tiles(const ExpertsShape& c, TensorSet& tensors,
                                     const Weight& gate_up, const Weight& down, const Keep& keep) {
  const Staged<T> h(tensors["h"]), m(tensors["m"]);
  const Staged<float> weight(tensors["weight"]);
  const Staged<std::int32_t> choice(tensors["choice"]);
  const IndexView offset("offset", c.experts + 2), order("order", c.tokens);
  const DeviceView<T> inner("inner", c.tokens * c.inter);

  const GroupTokens group{choice.view(), offset, order, c.tokens, c.experts};
  using First = GateUp<T, Weight, Rows>;
  using Second = Down<T, Weight, Rows>;
  const First first{h.view(), inner,     gate_up,
                    offset,   order,     c.hidden,
                    c.inter,  c.experts, ranges_of(c.inter, First::half)};
  const Second second{h.view(),
                      inner,
                      m.view(),
                      down,
                      weight.view(),
                      offset,
                      order,
                      c.hidden,
                      c.inter,
                      c.experts,
                      ranges_of(c.hidden, Second::columns),
                      c.skip};
  const auto policy = [&](std::int64_t ranges, std::size_t scratch) {
    return TeamPolicy(static_cast<int>(tiles_of(c, Rows) * ranges), Kokkos::AUTO)
        .set_scratch_size(0, Kokkos::PerTeam(static_cast<int>(scratch)));
  };
  const TeamPolicy one(1, Kokkos::AUTO);
  const TeamPolicy gate_up_policy = policy(first.ranges, First::Tile::scratch_bytes());
  const TeamPolicy down_policy = policy(second.ranges, Second::Tile::scratch_bytes());
  return make_launch(
      [=] {
        (void)keep;
        Kokkos::parallel_for("group tokens", one, group);
        Kokkos::parallel_for("gate and up", gate_up_policy, first);
        Kokkos::parallel_for("down", down_policy, second);
        Kokkos::fence();
      },
      [=] { m.fetch(); });
}

// Tiles as tall as an expert's share of the tokens, so that decode does not multiply zeros.
inline constexpr int tall = 64, flat = 8;
inline bool is_flat(const ExpertsShape& c) { return c.tokens / c.experts <= 2 * flat; }

template <class T, class Weight, class Keep>
std::unique_ptr<Launch> launch(const ExpertsShape& c, TensorSet& tensors, const Weight& gate_up,
                               const Weight& down, const Keep& keep) {
  return is_flat(c) ? launch_tiles<flat, T>(c, tensors, gate_up, down, keep)
                    : launch_tiles<tall, T>(c, tensors, gate_up, down, keep);
}

inline std::optional<std::string> refusal(const ExpertsShape& c) {
  const std::int64_t teams =
      tiles_of(c, is_flat(c) ? flat : tall) * ranges_of(std::max(c.hidden, 2 * c.inter), 64);
  if (!too_many_teams(teams)) return std::nullopt;
  return "needs " + std::to_string(teams) + " teams, Kokkos counts at most 2147483647";
}

}  // namespace kernelgate::expert_teams
