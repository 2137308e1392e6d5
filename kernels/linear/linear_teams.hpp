// linear on teams of a Kokkos execution space, for a weight in any storage: tiles for many tokens,
// dots of whole rows for few, so that the weight is read once.
#pragma once

#include <Kokkos_Core.hpp>
#include <memory>
#include <optional>
#include <string>

#include "harness/core/registry.hpp"
#include "kernels/common/kokkos/row_dots.hpp"
#include "kernels/common/kokkos/staging.hpp"
#include "kernels/common/kokkos/team_product.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {
namespace linear_teams {

/// Extents of y [tokens,out] = x [tokens,in] times the rows of a weight [out,in].
struct Extents {
  std::int64_t tokens = 0, out = 0, in = 0;
};

/// Up to this number a tile's rows would be mostly empty, and the weight is read in groups of
/// tokens.
inline constexpr std::int64_t few_tokens = 8;

/// A team computes one tile of y.
template <class Tile, class T, class O, class Matrix>
struct TiledProduct {
  using Product = TeamProduct<Tile>;

  Extents size;
  const T* x;
  Matrix w;
  O* y;

  std::int64_t ranges() const { return pieces(size.out, Tile::columns); }
  std::int64_t teams() const { return pieces(size.tokens, Tile::rows) * ranges(); }

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const Product product(team);
    const std::int64_t ranges = (size.out + Tile::columns - 1) / Tile::columns;
    const std::int64_t t0 = team.league_rank() / ranges * Tile::rows;
    const std::int64_t o0 = team.league_rank() % ranges * Tile::columns;
    const std::int64_t in = size.in, left = size.tokens - t0;
    const int rows = static_cast<int>(left < Tile::rows ? left : Tile::rows);
    const int columns =
        static_cast<int>(size.out - o0 < Tile::columns ? size.out - o0 : Tile::columns);
    const T* xs = x + t0 * in;
    O* to = y + t0 * size.out + o0;
    const StoredOperand a{[=](int r) { return r < rows ? xs + r * in : nullptr; }, in};
    const auto b = w.template operand<Tile>(team, o0, [=](int c) { return c < columns ? c : -1; });
    product.multiply(team, rows, a, b, [=, step = size.out](int r) {
      return [=, to = to + r * step](int c, const auto& sums) {
        if (c < columns) narrow_first(to + c, sums, columns - c);
      };
    });
  }
};

/// A team multiplies some rows of the weight with all tokens.
template <class Shape, int MaxTokens, class O, class Dots>
struct RowProduct {
  Extents size;
  const typename Dots::X* x;
  Dots dots;
  O* y;

  KOKKOS_FUNCTION void operator()(const ShapedTeam& team) const {
    const std::int64_t begin = team.league_rank() * std::int64_t{Shape::dot_team_rows};
    const std::int64_t end =
        begin + Shape::dot_team_rows < size.out ? begin + Shape::dot_team_rows : size.out;
    team_row_dots<Shape, MaxTokens>(
        team, dots.of_team(team), begin, end, static_cast<int>(size.tokens),
        [&](int t) { return x + t * size.in; },
        [&](std::int64_t o, int t, float sum) { y[t * size.out + o] = from_float<O>(sum); });
  }
};

template <class Shape>
std::optional<std::string> unsupported(const Extents& size) {
  using Tile = TileOf<Shape, TileRows::few>;  // the maximum number of teams of any path
  return too_large_product(size.tokens <= few_tokens
                               ? pieces(size.out, Shape::dot_team_rows)
                               : pieces(size.tokens, Tile::rows) * pieces(size.out, Tile::columns),
                           size.in);
}

/// `keep` owns the memory of the weight and is kept as long as the launch.
template <class Tile, class T, class O, class Matrix, class Keep>
std::unique_ptr<Launch> launch_tiles(const Extents& size, const Staged<T>& x, const Matrix& w,
                                     const Staged<O>& y, const Keep& keep) {
  using Functor = TiledProduct<Tile, T, O, Matrix>;
  const Functor functor{size, x.data(), w, y.data()};
  const auto policy =
      teams_of<Tile>(functor.teams(), Functor::Product::scratch_bytes() + Matrix::scratch_bytes);
  return make_launch(
      [=] {
        (void)x, (void)keep;
        Kokkos::parallel_for("linear tiles", policy, functor);
        Kokkos::fence();
      },
      [=] { y.fetch(); });
}

template <class Shape, int MaxTokens, class T, class O, class Dots, class Keep>
std::unique_ptr<Launch> launch_dots(const Extents& size, const Staged<T>& x, const Dots& dots,
                                    const Staged<O>& y, const Keep& keep) {
  const DotVectors<Dots, T> vectors(x, size.tokens, size.in);
  const RowProduct<Shape, MaxTokens, O, Dots> functor{size, vectors.data(), dots, y.data()};
  const auto policy = teams_of<TeamShape<Shape, Shape::dot_team_size, Shape::dot_partials>>(
      pieces(size.out, Shape::dot_team_rows), Dots::scratch_bytes);
  return make_launch(
      [=] {
        (void)keep;
        vectors.lay_out();
        Kokkos::parallel_for("linear rows", policy, functor);
        Kokkos::fence();
      },
      [=] { y.fetch(); });
}

/// Matrix: StoredMatrix or FourBitMatrix.
template <class Shape, class T, class O, class Matrix, class Keep>
std::unique_ptr<Launch> launch(const Extents& size, const Staged<T>& x, const Matrix& w,
                               const Staged<O>& y, const Keep& keep) {
  if (size.tokens <= few_tokens) {
    return w.template with_dots<Shape>([&](const auto& dots) {
      return size.tokens == 1 ? launch_dots<Shape, 1>(size, x, dots, y, keep)
                              : launch_dots<Shape, Shape::dot_vectors>(size, x, dots, y, keep);
    });
  }
  using Many = TileOf<Shape, TileRows::many>;
  if constexpr (Shape::is_host) {
    using Few = TileOf<Shape, TileRows::few>;
    const std::int64_t tall = pieces(size.tokens, Many::rows) * pieces(size.out, Many::columns);
    if (size.tokens <= Few::rows || tall < 2 * Space().concurrency()) {
      return launch_tiles<Few>(size, x, w, y, keep);
    }
  }
  return launch_tiles<Many>(size, x, w, y, keep);
}

}  // namespace linear_teams
}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
