// linear on teams of a Kokkos execution space, for a weight in any storage: tiles through scratch
// for many tokens; for few, a thread takes a weight row and its vector lanes share the reduction,
// so that the weight is read once.
#pragma once

#include <Kokkos_Core.hpp>
#include <memory>

#include "harness/core/registry.hpp"
#include "harness/executors/kokkos/staging.hpp"
#include "harness/executors/kokkos/stored_rows.hpp"
#include "harness/executors/kokkos/team_tile.hpp"

namespace kernelgate::linear_teams {

using TeamPolicy = Kokkos::TeamPolicy<Space>;

/// One team computes 64 tokens by 64 outputs.
template <class T, class O, class Weight>
struct TiledProduct {
  static constexpr int rows = 64, columns = 64;
  using Tile = TeamTile<rows, columns>;

  DeviceView<T> x;
  Weight w;
  DeviceView<O> y;
  std::int64_t tokens, out, in, ranges;

  KOKKOS_FUNCTION void operator()(const TeamPolicy::member_type& team) const {
    const Tile tile(team);
    const std::int64_t t0 = team.league_rank() / ranges * rows;
    const std::int64_t o0 = team.league_rank() % ranges * columns;
    tile.multiply(
        team, in,
        [&](int row, std::int64_t k) {
          return t0 + row < tokens ? to_float(x[(t0 + row) * in + k]) : 0.0F;
        },
        [&](int column, std::int64_t k) {
          return o0 + column < out ? w.at(o0 + column, k) : 0.0F;
        });
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, rows * columns), [&](int n) {
      const std::int64_t t = t0 + n / columns, o = o0 + n % columns;
      if (t < tokens && o < out) {
        y[t * out + o] = from_float<O>(tile.sum(n / columns, n % columns));
      }
    });
  }
};

/// What lanes add up: one sum for each token.
template <int Tokens>
struct TokenSums {
  float of[Tokens] = {};
  KOKKOS_FUNCTION TokenSums& operator+=(const TokenSums& other) {
    for (int t = 0; t < Tokens; ++t) of[t] += other.of[t];
    return *this;
  }
};

/// y for `Tokens` tokens: a team takes `rows_a_team` weight rows. The terms are cut into 32 strided
/// strands of 8 neighbours, whatever the number of lanes that share them.
template <class T, class O, class Weight, int Tokens>
struct RowProduct {
  static constexpr int rows_a_team = 16, strands = 32, width = 8;

  DeviceView<T> x;
  Weight w;
  DeviceView<O> y;
  std::int64_t first_token, out, in;

  KOKKOS_FUNCTION void operator()(const TeamPolicy::member_type& team) const {
    const std::int64_t first = static_cast<std::int64_t>(team.league_rank()) * rows_a_team;
    const std::int64_t rows = first + rows_a_team <= out ? rows_a_team : out - first;
    const T* tokens = x.data() + first_token * in;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, rows), [&](std::int64_t r) {
      TokenSums<Tokens> total;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, strands),
          [&](int strand, TokenSums<Tokens>& sums) { add_strand(first + r, tokens, strand, sums); },
          total);
      Kokkos::single(Kokkos::PerThread(team), [&] {
        for (int t = 0; t < Tokens; ++t) {
          y[(first_token + t) * out + first + r] = from_float<O>(total.of[t]);
        }
      });
    });
  }

  KOKKOS_FUNCTION void add_strand(std::int64_t row, const T* tokens, int strand,
                                  TokenSums<Tokens>& sums) const {
    float part[Tokens][width] = {};
    std::int64_t k = static_cast<std::int64_t>(strand) * width;
    for (; k + width <= in; k += strands * width) {
      float weight[width];
      w.load(row, k, weight);
      for (int t = 0; t < Tokens; ++t) {
        for (int j = 0; j < width; ++j) {
          part[t][j] += weight[j] * to_float(tokens[t * in + k + j]);
        }
      }
    }
    for (; k < in; ++k) {  // the last, shorter piece belongs to the strand that arrives at it
      for (int t = 0; t < Tokens; ++t) {
        part[t][0] += w.at(row, k) * to_float(tokens[t * in + k]);
      }
    }
    for (int t = 0; t < Tokens; ++t) {
      for (int j = 0; j < width; ++j) sums.of[t] += part[t][j];
    }
  }
};

// From here on a tile's 64 rows are better filled than the weight is re-read.
inline constexpr std::int64_t few_tokens = 8;

inline std::int64_t pieces(std::int64_t extent, std::int64_t piece) {
  return (extent + piece - 1) / piece;
}

inline std::int64_t teams_of(std::int64_t tokens, std::int64_t out) {
  return tokens <= few_tokens ? pieces(out, 16) : pieces(tokens, 64) * pieces(out, 64);
}

inline std::optional<std::string> refusal(std::int64_t tokens, std::int64_t out) {
  const std::int64_t teams = teams_of(tokens, out);
  if (!too_many_teams(teams)) return std::nullopt;
  return "needs " + std::to_string(teams) + " teams, Kokkos counts at most 2147483647";
}

/// y [tokens,out] = x [tokens,in] times the rows of `w`. `keep` is held as long as the launch.
template <class T, class O, class Weight, class Keep>
std::unique_ptr<Launch> launch(const Staged<T>& x, const Weight& w, const Staged<O>& y,
                               std::int64_t tokens, std::int64_t out, std::int64_t in,
                               const Keep& keep) {
  const TeamPolicy policy(static_cast<int>(teams_of(tokens, out)), Kokkos::AUTO);
  if (tokens <= few_tokens) {
    return make_launch(
        [=] {
          (void)keep;
          // Groups of 4, 2 and 1 tokens: each needs its sums in registers.
          const auto rows = [&](auto count, std::int64_t t) {
            using Rows = RowProduct<T, O, Weight, decltype(count)::value>;
            Kokkos::parallel_for("linear rows", policy, Rows{x.view(), w, y.view(), t, out, in});
          };
          std::int64_t t = 0;
          for (; t + 4 <= tokens; t += 4) rows(std::integral_constant<int, 4>{}, t);
          for (; t + 2 <= tokens; t += 2) rows(std::integral_constant<int, 2>{}, t);
          for (; t < tokens; ++t) rows(std::integral_constant<int, 1>{}, t);
          Kokkos::fence();
        },
        [=] { y.fetch(); });
  }
  using Tiled = TiledProduct<T, O, Weight>;
  const Tiled functor{x.view(), w, y.view(), tokens, out, in, pieces(out, Tiled::columns)};
  TeamPolicy with_scratch = policy;
  with_scratch.set_scratch_size(0, Kokkos::PerTeam(static_cast<int>(Tiled::Tile::scratch_bytes())));
  return make_launch(
      [=] {
        (void)keep;
        Kokkos::parallel_for("linear tiles", with_scratch, functor);
        Kokkos::fence();
      },
      [=] { y.fetch(); });
}

}  // namespace kernelgate::linear_teams
