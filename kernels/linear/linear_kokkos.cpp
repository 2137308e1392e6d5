// linear, portable: tiles through scratch for many tokens; for few, a thread takes a weight row and
// its vector lanes share the reduction, so that the weight is read once.
#include <Kokkos_Core.hpp>

#include "harness/executors/kokkos/staging.hpp"
#include "harness/executors/kokkos/team_tile.hpp"
#include "kernels/linear/linear.hpp"

namespace kernelgate {
namespace {

using Policy = Kokkos::TeamPolicy<Space>;
using Team = Policy::member_type;

/// One team computes 64 tokens by 64 outputs.
template <class T, class O>
struct TiledProduct {
  static constexpr int rows = 64, columns = 64;
  using Tile = TeamTile<rows, columns>;

  DeviceView<T> x, w;
  DeviceView<O> y;
  std::int64_t tokens, out, in, ranges;

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    const Tile tile(team);
    const std::int64_t t0 = team.league_rank() / ranges * rows;
    const std::int64_t o0 = team.league_rank() % ranges * columns;
    tile.multiply(
        team, in,
        [&](int row, std::int64_t k) {
          return t0 + row < tokens ? to_float(x[(t0 + row) * in + k]) : 0.0F;
        },
        [&](int column, std::int64_t k) {
          return o0 + column < out ? to_float(w[(o0 + column) * in + k]) : 0.0F;
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
template <class T, class O, int Tokens>
struct RowProduct {
  static constexpr int rows_a_team = 16, strands = 32, width = 8;

  DeviceView<T> x, w;
  DeviceView<O> y;
  std::int64_t first_token, out, in;

  KOKKOS_FUNCTION void operator()(const Team& team) const {
    const std::int64_t first = static_cast<std::int64_t>(team.league_rank()) * rows_a_team;
    const std::int64_t rows = first + rows_a_team <= out ? rows_a_team : out - first;
    const T* tokens = x.data() + first_token * in;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, rows), [&](std::int64_t r) {
      const T* row = w.data() + (first + r) * in;
      TokenSums<Tokens> total;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, strands),
          [&](int strand, TokenSums<Tokens>& sums) { add_strand(row, tokens, strand, sums); },
          total);
      Kokkos::single(Kokkos::PerThread(team), [&] {
        for (int t = 0; t < Tokens; ++t) {
          y[(first_token + t) * out + first + r] = from_float<O>(total.of[t]);
        }
      });
    });
  }

  KOKKOS_FUNCTION void add_strand(const T* row, const T* tokens, int strand,
                                  TokenSums<Tokens>& sums) const {
    float part[Tokens][width] = {};
    std::int64_t k = static_cast<std::int64_t>(strand) * width;
    for (; k + width <= in; k += strands * width) {
      for (int t = 0; t < Tokens; ++t) {
        for (int j = 0; j < width; ++j) {
          part[t][j] += to_float(row[k + j]) * to_float(tokens[t * in + k + j]);
        }
      }
    }
    for (; k < in; ++k) {  // the last, shorter piece belongs to the strand that arrives at it
      for (int t = 0; t < Tokens; ++t) {
        part[t][0] += to_float(row[k]) * to_float(tokens[t * in + k]);
      }
    }
    for (int t = 0; t < Tokens; ++t) {
      for (int j = 0; j < width; ++j) sums.of[t] += part[t][j];
    }
  }
};

// From here on a tile's 64 rows are better filled than the weight is re-read.
constexpr std::int64_t few_tokens = 8;

std::int64_t pieces(std::int64_t extent, std::int64_t piece) {
  return (extent + piece - 1) / piece;
}

std::int64_t teams_of(const LinearCase& c) {
  return c.tokens <= few_tokens ? pieces(c.out, 16) : pieces(c.tokens, 64) * pieces(c.out, 64);
}

template <class T, class O>
std::unique_ptr<Launch> launch(const LinearCase& c, TensorSet& tensors) {
  const Staged<T> x(tensors["x"]), w(tensors["w"]);
  const Staged<O> y(tensors["y"]);
  const Policy policy(static_cast<int>(teams_of(c)), Kokkos::AUTO);
  if (c.tokens <= few_tokens) {
    return make_launch(
        [=] {
          // Groups of 4, 2 and 1 tokens: each needs its sums in registers.
          std::int64_t t = 0;
          for (; t + 4 <= c.tokens; t += 4) {
            Kokkos::parallel_for("linear rows", policy,
                                 RowProduct<T, O, 4>{x.view(), w.view(), y.view(), t, c.out, c.in});
          }
          for (; t + 2 <= c.tokens; t += 2) {
            Kokkos::parallel_for("linear rows", policy,
                                 RowProduct<T, O, 2>{x.view(), w.view(), y.view(), t, c.out, c.in});
          }
          for (; t < c.tokens; ++t) {
            Kokkos::parallel_for("linear rows", policy,
                                 RowProduct<T, O, 1>{x.view(), w.view(), y.view(), t, c.out, c.in});
          }
          Kokkos::fence();
        },
        [=] { y.fetch(); });
  }
  using Tiled = TiledProduct<T, O>;
  const Tiled functor{
      x.view(), w.view(), y.view(), c.tokens, c.out, c.in, pieces(c.out, Tiled::columns)};
  Policy with_scratch = policy;
  with_scratch.set_scratch_size(0, Kokkos::PerTeam(static_cast<int>(Tiled::Tile::scratch_bytes())));
  return make_launch(
      [=] {
        Kokkos::parallel_for("linear tiles", with_scratch, functor);
        Kokkos::fence();
      },
      [=] { y.fetch(); });
}

std::unique_ptr<Launch> prepare(const LinearCase& c, TensorSet& tensors) {
  return with_storage(c.type, [&](auto type) {
    using T = decltype(type);
    if (c.output == LinearOutput::f32) return launch<T, float>(c, tensors);
    return launch<T, T>(c, tensors);
  });
}

std::optional<std::string> refusal(const LinearCase& c) {
  if (!too_many_teams(teams_of(c))) return std::nullopt;
  return "needs " + std::to_string(teams_of(c)) + " teams, Kokkos counts at most 2147483647";
}

}  // namespace

void register_linear_kokkos(Registry& registry) {
  registry.add_variant<LinearCase>(
      {"kokkos", Backend::kokkos,
       "TeamPolicy: rows for few tokens, tiles through scratch for more"},
      prepare, refusal);
}

}  // namespace kernelgate
