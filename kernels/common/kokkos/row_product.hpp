// A team's product of activation rows with weight rows. For many activation rows, the rows fill the
// lanes of packs and the weight is broadcast. For few, each is multiplied with weight rows in their
// stored layout.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/common/kokkos/pack_moves.hpp"
#include "kernels/common/kokkos/register_block.hpp"
#include "kernels/common/kokkos/space_shape.hpp"
#include "kernels/common/kokkos/stored_pack.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Rows of a weight [out, in] in row-major storage: an operand of the products below.
template <class T>
struct WeightRows {
  const T* data;
  int in, out;

  KOKKOS_FORCEINLINE_FUNCTION const T* row(int o) const {
    return data + static_cast<std::int64_t>(o) * in;
  }
  /// Terms k .. k + W - 1 of row o, of which `count` or more exist; 0 beyond them.
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> load(int o, int k, int count) const {
    return widen_first<W>(row(o) + k, count);
  }
  /// Prefetches term k of columns o .. o + Columns - 1, which may be out of range. Called while
  /// earlier columns are multiplied, once per 16 terms and turn of a team.
  template <int Columns>
  KOKKOS_FORCEINLINE_FUNCTION void fetch(int o, int k, int turn) const {
    if (turn > 0) return;
    KG_UNROLL for (int i = 0; i < Columns; ++i) prefetch(row(o + i) + k);
  }
};

/// Tile sizes of a team for many rows. On a host (whole) all terms of its rows are staged once and
/// groups of columns are processed in turn. On a device every thread has a block, and rows and
/// columns are staged in steps of Depth terms.
template <class Shape, int RowPacks, int RowBlocks, int BlockColumns, int ColumnBlocks, int Depth>
struct ProductTile {
  using Space = Shape;
  static constexpr int lanes = Shape::lanes, row_packs = RowPacks, row_blocks = RowBlocks;
  static constexpr int block_columns = BlockColumns, column_blocks = ColumnBlocks;
  static constexpr int block_rows = lanes * row_packs;
  static constexpr int rows = block_rows * row_blocks;
  static constexpr int columns = block_columns * column_blocks;  // per group
  static constexpr bool whole = Shape::is_host;
  // A host block reads its rows contiguously; a device's rows are padded to avoid bank conflicts.
  static constexpr int panel_rows = whole ? block_rows : rows;
  static constexpr int panel_step = whole ? block_rows : rows + 1;

  KOKKOS_FORCEINLINE_FUNCTION static constexpr int staged_terms(int in) {
    return whole ? (in + lanes - 1) / lanes * lanes : int{Depth};
  }
  KOKKOS_FORCEINLINE_FUNCTION static int step(int in) { return whole ? in : int{Depth}; }
  KOKKOS_FORCEINLINE_FUNCTION static constexpr int column_step(int in) {
    return staged_terms(in) + (whole ? lanes : 1);
  }
  KOKKOS_FORCEINLINE_FUNCTION static constexpr int panel_floats(int in) {
    return staged_terms(in) * panel_step;
  }
};

/// The product for many rows.
template <class TileSizes>
class TiledRowProduct {
 public:
  using Tile = TileSizes;
  static constexpr int rows = Tile::rows;
  static constexpr int team_size = Tile::whole ? 1 : Tile::row_blocks * Tile::column_blocks;
  static constexpr int vector_length = 1;
  static constexpr int column_group = Tile::columns;

  /// Scratch in floats for a team that computes `columns` columns of a weight with `in` terms.
  KOKKOS_FUNCTION static constexpr int scratch_floats(int in, int columns) {
    return Tile::panel_floats(in) * int{Tile::whole ? Tile::row_blocks : 1} +
           int{Tile::columns} * Tile::column_step(in) +
           (Tile::lanes == 1 ? 0 : grouped(columns) * int{Tile::rows});
  }

  /// For rows 0 .. used - 1, write_row(row) returns write(column, pack, count), which receives the
  /// sums of `count` columns from `column` on, within first .. first + columns - 1. x.load<W>(row,
  /// k, count) returns W terms of a row, 0 from term `count` on; w has the interface of WeightRows.
  template <class X, class Weight, class WriteRow>
  KOKKOS_FORCEINLINE_FUNCTION static void multiply(const ShapedTeam& team, float* scratch,
                                                   const X& x, int used, const Weight& w, int first,
                                                   int columns, const WriteRow& write_row) {
    constexpr int V = Tile::row_packs, C = Tile::block_columns, W = Tile::lanes;
    constexpr int blocks = Tile::row_blocks * Tile::column_blocks;
    const int depth = Tile::step(w.in), column_step = Tile::column_step(w.in);
    float* const a = scratch;
    float* const b = a + Tile::panel_floats(w.in) * int{Tile::whole ? Tile::row_blocks : 1};
    [[maybe_unused]] float* const sums = b + int{Tile::columns} * column_step;
    if (Tile::whole) stage_rows(team, a, x, used, 0, w.in, w.in);
    for (int group = 0; group < columns; group += Tile::columns) {
      // A device has one thread per block and takes one turn. A smaller team, in tests, takes
      // several.
      for (int turn = 0; turn < blocks; turn += team.team_size()) {
        const int block = turn + team.team_rank();
        const int r = block / Tile::column_blocks * Tile::block_rows;
        const int c = block % Tile::column_blocks * C;
        const bool there = block < blocks && r < used;
        Pack<float, W> sum[C][V];
        clear_block(sum);
        for (int k = 0; k < w.in; k += depth) {
          const int steps = w.in - k < depth ? w.in - k : depth;
          if (!Tile::whole) stage_rows(team, a, x, used, k, steps, w.in);
          if (!Tile::whole || turn == 0) {
            stage_columns(team, b, column_step, w, first + group, k, steps);
          }
          team.team_barrier();
          if (there) {
            add_block<C, V>(place(a, w.in, r), int{Tile::panel_step}, b + c * column_step,
                            column_step, 1, steps, sum, [&](int ahead) {
                              w.template fetch<C>(first + group + int{Tile::columns}, k + ahead,
                                                  turn);
                            });
          }
          team.team_barrier();
        }
        if (!there) continue;
        if constexpr (W == 1) {
          KG_UNROLL for (int v = 0; v < V; ++v) {
            if (r + v < used) {
              const auto write = write_row(r + v);
              KG_UNROLL for (int i = 0; i < C; ++i) {
                if (group + c + i < columns) write(first + group + c + i, sum[i][v], 1);
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
    if constexpr (W > 1) hand_out(team, sums, used, first, columns, write_row);
  }

 private:
  /// The number of columns, rounded up to whole groups and packs.
  KOKKOS_FUNCTION static constexpr int grouped(int columns) {
    const int all = (columns + Tile::columns - 1) / Tile::columns * Tile::columns;
    return (all + Tile::lanes - 1) / Tile::lanes * Tile::lanes;
  }
  /// The address of a row's first staged term; terms are `panel_step` floats apart.
  KOKKOS_FORCEINLINE_FUNCTION static float* place(float* a, int in, int row) {
    return a + row / Tile::panel_rows * Tile::panel_floats(in) + row % Tile::panel_rows;
  }

  /// Calls body(line, pack) for all packs of all lines. A device thread takes one pack at a time; a
  /// host thread takes whole lines, which avoids divisions.
  template <class Body>
  KOKKOS_FORCEINLINE_FUNCTION static void for_packs(const ShapedTeam& team, int lines, int packs,
                                                    const Body& body) {
    if constexpr (Tile::whole) {
      Kokkos::parallel_for(Kokkos::TeamVectorRange(team, lines), [&](int line) {
        for (int pack = 0; pack < packs; ++pack) body(line, pack);
      });
    } else {
      static_assert(vector_length == 1);
      // Unrolling would take registers from the sums.
      KG_ROLL for (int item = team.team_rank(); item < lines * packs; item += team.team_size()) {
        body(item / packs, item % packs);
      }
    }
  }

  /// Stages terms k0 .. k0 + steps - 1 of all blocks that have a row, transposed so that rows are
  /// adjacent.
  template <class X>
  KOKKOS_FORCEINLINE_FUNCTION static void stage_rows(const ShapedTeam& team, float* a, const X& x,
                                                     int used, int k0, int steps, int in) {
    constexpr int W = Tile::lanes;
    const int down = (used + Tile::block_rows - 1) / Tile::block_rows * int{Tile::row_packs};
    for_packs(team, down, (steps + W - 1) / W, [&](int line, int pack) {
      const int k = pack * W, row = line * W;
      Pack<float, W> block[W];
      KG_UNROLL for (int i = 0; i < W; ++i) {
        block[i] = row + i < used ? x.template load<W>(row + i, k0 + k, in - k0 - k)
                                  : broadcast<Pack<float, W>>(0.0F);
      }
      transpose(block);
      float* const to = place(a, in, row) + k * int{Tile::panel_step};
      KG_UNROLL for (int i = 0; i < W; ++i) store(to + i * Tile::panel_step, block[i]);
    });
  }

  /// Stages terms k0 .. k0 + steps - 1 of a group's columns in their stored order. A host calls
  /// w.stage<W>(o, to), if there is one, for all terms of row o.
  template <class Weight>
  KOKKOS_FORCEINLINE_FUNCTION static void stage_columns(const ShapedTeam& team, float* b,
                                                        int column_step, const Weight& w, int first,
                                                        int k0, int steps) {
    constexpr int W = Tile::lanes;
    if constexpr (Tile::whole && requires { w.template stage<W>(first, b); }) {
      for (int c = 0; c < int{Tile::columns}; ++c) {
        float* const to = b + c * column_step;
        if (first + c < w.out) {
          w.template stage<W>(first + c, to);
        } else {
          std::fill_n(to, steps, 0.0F);
        }
      }
      return;
    }
    for_packs(team, int{Tile::columns}, (steps + W - 1) / W, [&](int c, int pack) {
      const int k = pack * W;
      store(b + c * column_step + k, first + c < w.out
                                         ? w.template load<W>(first + c, k0 + k, steps - k)
                                         : broadcast<Pack<float, W>>(0.0F));
    });
  }

  template <class WriteRow>
  KOKKOS_FORCEINLINE_FUNCTION static void hand_out(const ShapedTeam& team, const float* sums,
                                                   int used, int first, int columns,
                                                   const WriteRow& write_row) {
    constexpr int W = Tile::lanes;
    team.team_barrier();
    for_packs(team, (used + W - 1) / W, (columns + W - 1) / W, [&](int line, int pack) {
      const int c = pack * W, row = line * W;
      Pack<float, W> block[W];
      KG_UNROLL for (int i = 0; i < W; ++i) {
        block[i] = load<Pack<float, W>>(sums + (c + i) * Tile::rows + row);
      }
      transpose(block);
      for (int i = 0; i < W && row + i < used; ++i) {
        write_row(row + i)(first + c, block[i], columns - c < W ? columns - c : W);
      }
    });
  }
};

/// The product for up to Rows rows: each weight row, in its stored layout, with all activation
/// rows.
template <class Shape, int Rows>
class DottedRowProduct {
 public:
  static constexpr int rows = Rows;
  static constexpr int partials = Shape::dot_partials;  // work items per weight row
  static constexpr int team_size = Shape::is_host ? 1 : 4;
  static constexpr int vector_length = partials;
  static constexpr int column_group = Shape::is_host ? 16 : 8;
  static constexpr int terms = Shape::is_host ? Shape::lanes
                               : Rows == 1    ? 4
                                              : 8 / Rows;  // per step
  // Columns computed together: their sums fill a host's registers.
  static constexpr int columns_at_once = !Shape::is_host ? 1
                                         : Rows <= 2     ? Shape::dot_rows
                                         : Rows <= 4     ? Shape::dot_rows / 2
                                                         : Shape::dot_rows / 4;

  KOKKOS_FUNCTION static constexpr int scratch_floats(int /*in*/, int columns) {
    return (columns + int{Shape::lanes}) * int{Rows};
  }

  /// As TiledRowProduct::multiply().
  template <class X, class Weight, class WriteRow>
  KOKKOS_FORCEINLINE_FUNCTION static void multiply(const ShapedTeam& team, float* scratch,
                                                   const X& x, int used, const Weight& w, int first,
                                                   int columns, const WriteRow& write_row) {
    constexpr int n = columns_at_once, W = Shape::lanes;
    const int stride = columns + W;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, (columns + n - 1) / n), [&](int item) {
      const int c = item * n;
      Sums total;
      Kokkos::parallel_reduce(
          Kokkos::ThreadVectorRange(team, int{partials}),
          [&](int partial, Sums& part) { part += dots(x, used, w, first + c, partial); }, total);
      Kokkos::single(Kokkos::PerThread(team), [&] {
        for (int i = 0; i < n && c + i < columns; ++i) {
          KG_UNROLL for (int r = 0; r < Rows; ++r) scratch[r * stride + c + i] = total.of[i][r];
        }
      });
    });
    team.team_barrier();
    const int across = (columns + W - 1) / W;
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, across * used), [&](int item) {
      const int row = item / across, c = item % across * W;
      write_row(row)(first + c, load<Pack<float, W>>(scratch + row * stride + c),
                     columns - c < W ? columns - c : W);
    });
  }

 private:
  struct Sums {
    float of[columns_at_once][Rows] = {};
    KOKKOS_FUNCTION Sums& operator+=(const Sums& other) {
      KG_UNROLL for (int i = 0; i < columns_at_once; ++i) {
        KG_UNROLL for (int r = 0; r < Rows; ++r) of[i][r] += other.of[i][r];
      }
      return *this;
    }
  };

  /// The sums of one partial for columns from `o` on. Columns and rows out of range repeat
  /// the last one.
  template <class X, class Weight>
  KOKKOS_FORCEINLINE_FUNCTION static Sums dots(const X& x, int used, const Weight& w, int o,
                                               int partial) {
    constexpr int n = columns_at_once;
    using P = Pack<float, terms>;
    int column[n];
    KG_UNROLL for (int i = 0; i < n; ++i) column[i] = o + i < w.out ? o + i : w.out - 1;
    P part[n][Rows];
    clear_block(part);
    const auto add = [&](int k, int count) {
      P values[Rows];
      KG_UNROLL for (int r = 0; r < Rows; ++r) {
        values[r] = x.template load<terms>(r < used ? r : used - 1, k, count);
      }
      KG_UNROLL for (int i = 0; i < n; ++i) {
        const P weight = w.template load<terms>(column[i], k, count);
        KG_UNROLL for (int r = 0; r < Rows; ++r) part[i][r] += weight * values[r];
      }
    };
    int k = partial * terms;
    for (; k + terms <= w.in; k += partials * terms) {
      if (k % 16 == 0) {  // later terms of these columns, or the start of the next
        const bool next = k + fetched >= w.in;
        w.template fetch<n>(next ? o + n : o, next ? k + fetched - w.in : k + fetched, 0);
      }
      add(k, terms);
    }
    if (k < w.in) add(k, w.in - k);
    Sums total;
    KG_UNROLL for (int i = 0; i < n; ++i) {
      KG_UNROLL for (int r = 0; r < Rows; ++r) total.of[i][r] = sum(part[i][r]);
    }
    return total;
  }
  static constexpr int fetched = 256;  // terms ahead
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
