// The product of a router's layer: rows of activations, one for each token, times the rows of a
// weight. Many tokens lie along the lanes of packs, the weight is broadcast; for few tokens the
// weight's rows are read as they are stored.
#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/executors/kokkos/register_block.hpp"
#include "harness/executors/kokkos/space_shape.hpp"
#include "harness/executors/kokkos/stored_pack.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Rows of a weight [out, in].
template <class T>
struct LayerWeight {
  const T* data;
  int in, out;

  KOKKOS_FORCEINLINE_FUNCTION const T* row(int o) const {
    return data + static_cast<std::int64_t>(o) * in;
  }
};

/// Sizes of a team's share where tokens are many. On a host all terms of its tokens are staged once
/// and groups of columns pass by; on a device every thread has a block, and tokens and columns are
/// staged in steps.
template <class Shape, int RowPacks>
struct LayerTile {
  static constexpr int lanes = Shape::lanes, row_packs = RowPacks;
  static constexpr int block_columns = Shape::block_columns;
  static constexpr int block_rows = lanes * row_packs;
  static constexpr int rows = !Shape::is_host ? 64 : block_rows > 16 ? block_rows : 2 * block_rows;
  static constexpr int row_blocks = rows / block_rows;
  static constexpr int column_blocks = Shape::is_host ? 1 : 8;
  static constexpr int columns = block_columns * column_blocks;     // of a group
  static constexpr bool whole = Shape::is_host;                     // all terms at once
  static constexpr int depth = 32;                                  // terms of a step otherwise
  static constexpr int row_step = rows + (Shape::is_host ? 0 : 1);  // not all to one memory bank

  KOKKOS_FORCEINLINE_FUNCTION static int staged_terms(int in) {
    return whole ? (in + lanes - 1) / lanes * lanes : int{depth};
  }
  KOKKOS_FORCEINLINE_FUNCTION static int column_step(int in) {
    return staged_terms(in) + (Shape::is_host ? lanes : 1);
  }
};

template <class Shape, int RowPacks>
class TiledLayer {
 public:
  using Tile = LayerTile<Shape, RowPacks>;
  static constexpr int tokens = Tile::rows;
  static constexpr int team_size = Shape::is_host ? 1 : Tile::row_blocks * Tile::column_blocks;
  static constexpr int vector_length = 1;
  static constexpr int column_group = Tile::columns;

  /// Floats of scratch for a team that takes `columns` columns of a weight with `in` terms.
  KOKKOS_FUNCTION static int scratch_floats(int in, int columns) {
    return Tile::staged_terms(in) * int{Tile::row_step} +
           int{Tile::columns} * Tile::column_step(in) +
           (Tile::lanes == 1 ? 0 : grouped(columns) * int{Tile::rows});
  }

  /// write(token, column, pack, count) for `used` tokens and columns first .. first + columns - 1:
  /// a pack holds the sums of `count` columns from `column` on. x.load<W>(token, k, count) gives W
  /// terms of a token, 0 behind `count`.
  template <class T, class X, class Write>
  KOKKOS_FORCEINLINE_FUNCTION static void multiply(const ShapedTeam& team, float* scratch,
                                                   const X& x, int used, const LayerWeight<T>& w,
                                                   int first, int columns, const Write& write) {
    constexpr int V = Tile::row_packs, C = Tile::block_columns, W = Tile::lanes;
    constexpr int blocks = Tile::row_blocks * Tile::column_blocks;
    float* const a = scratch;
    float* const b = a + Tile::staged_terms(w.in) * int{Tile::row_step};
    const int column_step = Tile::column_step(w.in);
    const int depth = Tile::whole ? w.in : int{Tile::depth};
    [[maybe_unused]] float* const sums = b + int{Tile::columns} * column_step;
    if (Tile::whole) stage_rows(team, a, x, used, 0, w.in, w.in);
    for (int group = 0; group < columns; group += Tile::columns) {
      // A device has a thread for each block: one turn. A smaller team, in tests, takes several.
      for (int turn = 0; turn < blocks; turn += team.team_size()) {
        const int block = turn + team.team_rank();
        const int r = block / Tile::column_blocks * Tile::block_rows;
        const int c = block % Tile::column_blocks * C;
        Pack<float, W> sum[C][V];
        clear_block(sum);
        for (int k = 0; k < w.in; k += depth) {
          const int steps = w.in - k < depth ? w.in - k : depth;
          if (!Tile::whole) stage_rows(team, a, x, used, k, steps, w.in);
          if (!Tile::whole || turn == 0) {
            stage_columns(team, b, column_step, w, first + group, k, steps);
          }
          team.team_barrier();
          if (block < blocks) {
            add_block<C, V>(a + r, Tile::row_step, b + c * column_step, column_step, 1, steps, sum,
                            [&](int ahead) {  // the next group's columns
                              if (turn > 0) return;
                              KG_UNROLL for (int i = 0; i < C; ++i) {
                                prefetch(w.row(first + group + int{Tile::columns} + i) + k + ahead);
                              }
                            });
          }
          team.team_barrier();
        }
        if (block >= blocks) continue;
        if constexpr (W == 1) {
          KG_UNROLL for (int v = 0; v < V; ++v) {
            KG_UNROLL for (int i = 0; i < C; ++i) {
              if (r + v < used && group + c + i < columns) {
                write(r + v, first + group + c + i, sum[i][v], 1);
              }
            }
          }
        } else {
          KG_UNROLL for (int i = 0; i < C; ++i) {
            KG_UNROLL for (int v = 0; v < V; ++v) {
              store(sums + (group + c + i) * Tile::rows + r + v * W, sum[i][v]);
            }
          }
        }
      }
    }
    if constexpr (W > 1) hand_out(team, sums, used, first, columns, write);
  }

 private:
  /// Columns, with those of the last group that are not there, for whole packs.
  KOKKOS_FUNCTION static int grouped(int columns) {
    const int all = (columns + Tile::columns - 1) / Tile::columns * Tile::columns;
    return (all + Tile::lanes - 1) / Tile::lanes * Tile::lanes;
  }

  /// Terms k0 .. k0 + steps - 1 of all tokens, tokens side by side.
  template <class X>
  KOKKOS_FORCEINLINE_FUNCTION static void stage_rows(const ShapedTeam& team, float* a, const X& x,
                                                     int used, int k0, int steps, int in) {
    constexpr int W = Tile::lanes;
    const int across = (steps + W - 1) / W;
    const int down = Tile::rows / W;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, across * down), [&](int item) {
      const int k = item % across * W, row = item / across * W;
      Pack<float, W> block[W];
      KG_UNROLL for (int i = 0; i < W; ++i) {
        block[i] = row + i < used ? x.template load<W>(row + i, k0 + k, in - k0 - k)
                                  : broadcast<Pack<float, W>>(0.0F);
      }
      transpose(block);
      KG_UNROLL for (int i = 0; i < W; ++i) store(a + (k + i) * Tile::row_step + row, block[i]);
    });
  }

  /// Terms k0 .. k0 + steps - 1 of a group's columns, as they are stored.
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION static void stage_columns(const ShapedTeam& team, float* b,
                                                        int column_step, const LayerWeight<T>& w,
                                                        int first, int k0, int steps) {
    constexpr int W = Tile::lanes;
    const int across = (steps + W - 1) / W;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, int{Tile::columns} * across), [&](int item) {
      const int c = item / across, k = item % across * W;
      store(b + c * column_step + k, first + c < w.out
                                         ? widen_first<W>(w.row(first + c) + k0 + k, steps - k)
                                         : broadcast<Pack<float, W>>(0.0F));
    });
  }

  template <class Write>
  KOKKOS_FORCEINLINE_FUNCTION static void hand_out(const ShapedTeam& team, const float* sums,
                                                   int used, int first, int columns,
                                                   const Write& write) {
    constexpr int W = Tile::lanes;
    const int down = (used + W - 1) / W;
    const int across = (columns + W - 1) / W;
    team.team_barrier();
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, across * down), [&](int item) {
      const int c = item % across * W, row = item / across * W;
      Pack<float, W> block[W];
      KG_UNROLL for (int i = 0; i < W; ++i) {
        block[i] = load<Pack<float, W>>(sums + (c + i) * Tile::rows + row);
      }
      transpose(block);
      for (int i = 0; i < W && row + i < used; ++i) {
        write(row + i, first + c, block[i], columns - c < W ? columns - c : W);
      }
    });
  }
};

/// Up to Tokens tokens: rows of the weight against all of them.
template <class Shape, int Tokens>
class DottedLayer {
 public:
  static constexpr int tokens = Tokens;
  static constexpr int strands = Shape::dot_strands;  // work items that share a row
  static constexpr int team_size = Shape::is_host ? 1 : 4;
  static constexpr int vector_length = strands;
  static constexpr int column_group = Shape::is_host ? 16 : 8;
  static constexpr int terms = Shape::is_host ? Shape::lanes : 8 / Tokens;  // of a step
  // Rows side by side: their sums fill a host's registers.
  static constexpr int rows = !Shape::is_host ? 1
                              : Tokens <= 2   ? Shape::dot_rows
                              : Tokens <= 4   ? Shape::dot_rows / 2
                                              : Shape::dot_rows / 4;

  KOKKOS_FUNCTION static int scratch_floats(int /*in*/, int columns) {
    return (columns + Shape::lanes) * Tokens;
  }

  /// As TiledLayer::multiply().
  template <class T, class X, class Write>
  KOKKOS_FORCEINLINE_FUNCTION static void multiply(const ShapedTeam& team, float* scratch,
                                                   const X& x, int used, const LayerWeight<T>& w,
                                                   int first, int columns, const Write& write) {
    const int stride = columns + Shape::lanes;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, (columns + rows - 1) / rows), [&](int item) {
      const int c = item * int{rows};
      Sums total;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, int{strands}),
          [&](int strand, Sums& part) { part += dots(x, used, w, first + c, strand); }, total);
      Kokkos::single(Kokkos::PerThread(team), [&] {
        for (int r = 0; r < rows && c + r < columns; ++r) {
          KG_UNROLL for (int t = 0; t < Tokens; ++t) scratch[t * stride + c + r] = total.of[r][t];
        }
      });
    });
    team.team_barrier();
    constexpr int W = Shape::lanes;
    const int across = (columns + W - 1) / W;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, across * used), [&](int item) {
      const int token = item / across, c = item % across * W;
      write(token, first + c, load<Pack<float, W>>(scratch + token * stride + c),
            columns - c < W ? columns - c : W);
    });
  }

 private:
  struct Sums {
    float of[rows][Tokens] = {};
    KOKKOS_FUNCTION Sums& operator+=(const Sums& other) {
      KG_UNROLL for (int r = 0; r < rows; ++r) {
        KG_UNROLL for (int t = 0; t < Tokens; ++t) of[r][t] += other.of[r][t];
      }
      return *this;
    }
  };

  /// One strand's part of `rows` rows from `o` on; tokens that are not there repeat the last one.
  template <class T, class X>
  KOKKOS_FORCEINLINE_FUNCTION static Sums dots(const X& x, int used, const LayerWeight<T>& w, int o,
                                               int strand) {
    using P = Pack<float, terms>;
    constexpr int line = 64 / static_cast<int>(sizeof(T));
    const T* from[rows];
    KG_UNROLL for (int r = 0; r < rows; ++r) from[r] = w.row(o + r < w.out ? o + r : w.out - 1);
    P sum[rows][Tokens];
    clear_block(sum);
    int k = strand * terms;
    for (; k + terms <= w.in; k += strands * terms) {
      if (k % line == 0) {  // ahead in these rows, or at the beginning of the next ones
        const int there = k + 16 * line < w.in ? k + 16 * line : k + 16 * line + (rows - 1) * w.in;
        KG_UNROLL for (int r = 0; r < rows; ++r) prefetch(from[r] + there);
      }
      P values[Tokens];
      KG_UNROLL for (int t = 0; t < Tokens; ++t) {
        values[t] = x.template load<terms>(t < used ? t : used - 1, k, terms);
      }
      KG_UNROLL for (int r = 0; r < rows; ++r) {
        const P weight = widen<terms>(from[r] + k);
        KG_UNROLL for (int t = 0; t < Tokens; ++t) sum[r][t] += weight * values[t];
      }
    }
    if (k < w.in) {
      const int left = w.in - k;
      KG_UNROLL for (int t = 0; t < Tokens; ++t) {
        const P values = x.template load<terms>(t < used ? t : used - 1, k, left);
        KG_UNROLL for (int r = 0; r < rows; ++r) {
          sum[r][t] += widen_first<terms>(from[r] + k, left) * values;
        }
      }
    }
    Sums total;
    KG_UNROLL for (int r = 0; r < rows; ++r) {
      KG_UNROLL for (int t = 0; t < Tokens; ++t) total.of[r][t] = sum_of(sum[r][t]);
    }
    return total;
  }
  template <class P>
  KOKKOS_FORCEINLINE_FUNCTION static float sum_of(const P& p) {
    return sum(p);
  }
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
