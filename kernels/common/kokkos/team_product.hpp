// One team's tile of a matrix product: rows of both operands are staged in scratch as f32, blocks
// of sums stay in registers (docs/fast-portable-code.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernels/common/kokkos/pack_moves.hpp"
#include "kernels/common/kokkos/register_block.hpp"
#include "kernels/common/kokkos/space_shape.hpp"
#include "kernels/common/kokkos/stored_pack.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// The number of rows of the first operand that a tile is optimised for.
enum class TileRows { many, few };

/// Maximum number of terms per step of a tile.
inline constexpr int max_depth = 4096;

/// A team's tile. For few rows, a host takes fewer rows at a time and more terms per step, because
/// memory delivers long stretches of the other operand's rows fastest. A device always uses the
/// same tile.
template <class Shape, TileRows amount>
struct TileOf : Shape {
  static constexpr bool is_short = Shape::is_host && amount == TileRows::few;
  static constexpr int block_rows = Shape::row_packs * Shape::lanes;
  static constexpr int rows = is_short ? 2 * block_rows : Shape::tile_rows;
  static constexpr int columns = Shape::tile_columns;
  static constexpr int depth = is_short ? 2048 : Shape::tile_depth;
  static constexpr int team_size =
      Shape::is_host ? 1 : rows / block_rows * (columns / Shape::block_columns);
  static_assert(rows % block_rows == 0 && columns % Shape::block_columns == 0);
  static_assert(columns % (2 * Shape::lanes) == 0 && depth % Shape::lanes == 0);
  static_assert(depth <= max_depth);
};

/// A row of a stored matrix: `count` numbers starting at `from`, then zeros.
template <class T>
struct StoredLine {
  const T* from;
  int count;

  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> at(int k) const {
    if (count - k >= W) return widen<W>(from + k);
    if (count <= k) return broadcast<Pack<float, W>>(0.0F);
    return widen_first<W>(from + k, count - k);
  }
};

/// Rows of a stored matrix as an operand: row r of the tile begins at row_of(r), or is 0 if that is
/// null. Terms from `terms` on are 0.
template <class RowOf>
struct StoredOperand {
  static constexpr int min_chunk = 1;  // minimum adjacent terms staged per thread

  RowOf row_of;
  int terms;

  KOKKOS_FUNCTION StoredOperand(const RowOf& rows, std::int64_t count)
      : row_of(rows), terms(static_cast<int>(count)) {}

  KOKKOS_FORCEINLINE_FUNCTION auto line(int row) const {
    const auto* from = row_of(row);
    using T = std::remove_cvref_t<decltype(*from)>;
    return StoredLine<T>{from, from == nullptr ? 0 : terms};
  }
  KOKKOS_FORCEINLINE_FUNCTION void fetch(int row, int k) const {
    const auto* from = row_of(row);
    if (from != nullptr) prefetch(from + k);
  }
};

/// c[r,n] = sum over k of A[r,k] B[n,k] for Tile::rows rows of A and Tile::columns rows of B, f32.
/// Paired: columns c and c + n/2 form a pair, and `write` receives the sums of both.
///
/// Sums are accumulated in order of k for every team size, so their bits do not depend on it.
template <class Tile, bool Paired = false>
class TeamProduct {
 public:
  static constexpr int rows = Tile::rows, columns = Tile::columns;

  static constexpr std::size_t scratch_bytes() { return 4 * (a_floats + b_floats + c_floats) + 64; }

  template <class Team>
  KOKKOS_FUNCTION explicit TeamProduct(const Team& team)
      : a_(static_cast<float*>(team.team_scratch(int{Tile::scratch_level})
                                   .get_shmem_aligned(scratch_bytes() - 64, 64))),
        b_(a_ + a_floats),
        c_(b_ + b_floats) {}

  /// Multiplies the first `used` rows. For each of them `write_row(row)` returns write(column,
  /// sums), which receives the sums of adjacent columns as a pack, or as two packs if Paired. Packs
  /// are full: write must skip columns beyond the matrix.
  template <class Team, class A, class B, class WriteRow>
  KOKKOS_FUNCTION void multiply(const Team& team, int used, const A& a, const B& b,
                                const WriteRow& write_row) const {
    if constexpr (Tile::sums_in_registers) {
      multiply_in_registers(team, used, a, b, write_row);
    } else {
      multiply_through_scratch(team, used, a, b, write_row);
    }
  }

 private:
  static constexpr int W = Tile::lanes, V = Tile::row_packs, C = Tile::block_columns;
  static constexpr int block_rows = Tile::block_rows, depth = Tile::depth;
  static constexpr int row_blocks = rows / block_rows, column_blocks = columns / C;
  using P = Pack<float, W>;

  // A is staged as [block of rows][k][row]. If columns are staged for one block at a time, B keeps
  // its stored layout, with rows padded by a pack to avoid cache set conflicts. Otherwise B is
  // staged as [k][column], so that adjacent threads read adjacent numbers.
  static constexpr bool whole_tile = Tile::sums_in_registers;
  static constexpr int b_column_step = whole_tile ? 1 : depth + W;
  static constexpr int b_k_step = whole_tile ? columns : 1;
  static constexpr std::size_t a_floats = std::size_t{rows} * depth;
  static constexpr std::size_t b_floats =
      whole_tile ? std::size_t{columns} * depth : std::size_t{C} * b_column_step;
  static constexpr std::size_t c_floats = whole_tile ? 0 : std::size_t{rows} * columns;
  static_assert(Tile::is_host || scratch_bytes() <= max_device_scratch(Tile::team_size),
                "a team of a device has at most 64 KiB of shared memory");

  // A thread keeps its block of sums for all steps. A team with fewer threads than blocks, on a
  // host, takes several turns.
  template <class Team, class A, class B, class WriteRow>
  KOKKOS_FUNCTION void multiply_in_registers(const Team& team, int used, const A& a, const B& b,
                                             const WriteRow& write_row) const {
    constexpr int blocks = row_blocks * column_blocks;
    for (int turn = 0; turn < blocks; turn += team.team_size()) {
      const int block = turn + team.team_rank();  // past the last for idle threads
      const int r = block / column_blocks * block_rows, c = block % column_blocks * C;
      P sum[C][V];
      clear_block(sum);
      for (int first = 0; first < a.terms; first += depth) {
        stage_rows(team, first, a, rows);
        stage_columns<columns>(team, first, b, 0);
        team.team_barrier();
        if (block < blocks) {
          add_block(a_at(r), block_rows, b_ + c * b_column_step, b_column_step, b_k_step, depth,
                    sum);
        }
        team.team_barrier();
      }
      if (block >= blocks) continue;
      static_assert(W == 1);  // a pack of sums has one row
      KG_UNROLL for (int v = 0; v < V; ++v) {
        if (r + v < used) {
          const auto write = write_row(r + v);
          if constexpr (Paired) {
            KG_UNROLL for (int i = 0; i < C / 2; ++i) {
              write(c / 2 + i, sum[i][v], sum[C / 2 + i][v]);
            }
          } else {
            KG_UNROLL for (int i = 0; i < C; ++i) write(c + i, sum[i][v]);
          }
        }
      }
    }
  }

  // The team's one thread processes all blocks in each step; sums are kept in scratch between
  // steps.
  template <class Team, class A, class B, class WriteRow>
  KOKKOS_FUNCTION void multiply_through_scratch(const Team& team, int used, const A& a, const B& b,
                                                const WriteRow& write_row) const {
    const int used_rows = (used + block_rows - 1) / block_rows * block_rows;
    for (int first = 0; first < a.terms; first += depth) {
      const int steps = a.terms - first < depth ? a.terms - first : depth;
      stage_rows(team, first, a, used_rows);
      for (int c = 0; c < columns; c += C) {
        stage_columns<C>(team, first, b, c);
        const auto ahead = [&](int k) {  // prefetches the next columns during this multiplication
          KG_UNROLL for (int i = 0; i < C; ++i) b.fetch(c + C + i, first + k);
        };
        for (int r = 0; r < used; r += block_rows) {
          const bool fetches = r == 0 && c + C < columns;
          if (V > 1 && used - r <= W) {  // the last rows are at most one pack
            add_to_sums<1>(r, c, first == 0, steps, fetches, ahead);
          } else {
            add_to_sums<V>(r, c, first == 0, steps, fetches, ahead);
          }
        }
      }
    }
    constexpr int half = Paired ? columns / 2 : columns;
    for (int r = 0; r < used; r += W) {
      for (int c = 0; c < half; c += W) {
        P left[W];
        read_back(r, c, left);
        if constexpr (Paired) {
          P right[W];
          read_back(r, c + half, right);
          KG_UNROLL for (int i = 0; i < W; ++i) {
            if (r + i < used) write_row(r + i)(c, left[i], right[i]);
          }
        } else {
          KG_UNROLL for (int i = 0; i < W; ++i) {
            if (r + i < used) write_row(r + i)(c, left[i]);
          }
        }
      }
    }
  }

  // Adds a step to the first Packs packs of rows of one block of sums in scratch.
  template <int Packs, class Ahead>
  KOKKOS_FORCEINLINE_FUNCTION void add_to_sums(int r, int c, bool is_first, int steps, bool fetches,
                                               const Ahead& ahead) const {
    P sum[C][Packs];
    if (is_first) {
      clear_block(sum);
    } else {
      KG_UNROLL for (int i = 0; i < C; ++i) {
        KG_UNROLL for (int v = 0; v < Packs; ++v) sum[i][v] = load<P>(sums_at(r, c, i, v));
      }
    }
    if (fetches) {
      add_block(a_at(r), block_rows, b_, b_column_step, b_k_step, steps, sum, ahead);
    } else {
      add_block(a_at(r), block_rows, b_, b_column_step, b_k_step, steps, sum);
    }
    KG_UNROLL for (int i = 0; i < C; ++i) {
      KG_UNROLL for (int v = 0; v < Packs; ++v) store(sums_at(r, c, i, v), sum[i][v]);
    }
  }

  KOKKOS_FORCEINLINE_FUNCTION float* a_at(int row) const { return a_ + row * depth; }
  // Sums are stored as [block of rows][column][row].
  KOKKOS_FORCEINLINE_FUNCTION float* sums_at(int r, int c, int i, int v) const {
    return c_ + r * columns + (c + i) * block_rows + v * W;
  }
  // Reads W rows from r on by W columns from c on.
  KOKKOS_FORCEINLINE_FUNCTION void read_back(int r, int c, P (&block)[W]) const {
    const int begin = r / block_rows * block_rows;
    KG_UNROLL for (int i = 0; i < W; ++i) {
      block[i] = load<P>(sums_at(begin, c, i, 0) + (r - begin));
    }
    transpose(block);
  }

  // The staged position of a column: a thread's block contains both columns of each pair.
  KOKKOS_FORCEINLINE_FUNCTION static int place_of(int column) {
    if constexpr (!Paired || !whole_tile) return column;
    const int half = column / (columns / 2), i = column % (columns / 2);
    return i / (C / 2) * C + half * (C / 2) + i % (C / 2);
  }

  // Calls f(group, k, lines) for the packs k = 0 .. across - 1 of `groups` groups of N adjacent
  // rows starting at `from`. A single thread looks up its rows once for all their packs; on a
  // device adjacent threads take adjacent packs.
  template <int N, class Team, class Operand, class F>
  KOKKOS_FORCEINLINE_FUNCTION static void for_each_pack(const Team& team, const Operand& operand,
                                                        int from, int groups, int across,
                                                        const F& f) {
    using Line = decltype(operand.line(0));
    const auto find = [&](int group, Line(&lines)[N]) {
      KG_UNROLL for (int j = 0; j < N; ++j) lines[j] = operand.line(from + group * N + j);
    };
    if constexpr (Tile::team_size == 1) {
      for (int group = 0; group < groups; ++group) {
        Line lines[N];
        find(group, lines);
        for (int k = 0; k < across; ++k) f(group, k, lines);
      }
    } else {
      const auto stage = [&](int i) {
        Line lines[N];
        find(i / across, lines);
        f(i / across, i % across, lines);
      };
      static_assert(Tile::vector_length == 1);
      // Unrolling would take registers from the sums.
      KG_ROLL for (int i = team.team_rank(); i < groups * across; i += team.team_size()) stage(i);
    }
  }

  // The number of packs to stage in a step; on a host only those that contain terms.
  KOKKOS_FORCEINLINE_FUNCTION static constexpr int packs_of(int left, int chunk) {
    return whole_tile || left >= depth ? depth / chunk
                                       : (static_cast<int>(left) + chunk - 1) / chunk;
  }

  template <class Team, class A>
  KOKKOS_FUNCTION void stage_rows(const Team& team, int first, const A& a, int used) const {
    for_each_pack<W>(team, a, 0, used / W, packs_of(a.terms - first, W),
                     [&](int group, int pack, const auto& lines) {
                       const int row = group * W, k = pack * W;
                       P block[W];
                       KG_UNROLL for (int j = 0; j < W; ++j) {
                         block[j] = lines[j].template at<W>(first + k);
                       }
                       transpose(block);
                       const int begin = row / block_rows * block_rows;
                       float* to = a_at(begin) + k * block_rows + (row - begin);
                       KG_UNROLL for (int j = 0; j < W; ++j) store(to + j * block_rows, block[j]);
                     });
  }

  template <int Count, class Team, class B>
  KOKKOS_FUNCTION void stage_columns(const Team& team, int first, const B& b, int from) const {
    constexpr int chunk = W > B::min_chunk ? W : B::min_chunk;
    static_assert(depth % chunk == 0);
    for_each_pack<1>(team, b, from, Count, packs_of(b.terms - first, chunk),
                     [&](int column, int pack, const auto& lines) {
                       const int k = pack * chunk;
                       float* to = b_ + place_of(column) * b_column_step + k * b_k_step;
                       if constexpr (b_k_step == 1) {
                         store(to, lines[0].template at<chunk>(first + k));
                       } else {
                         KG_ROLL for (int j = 0; j < chunk; ++j) {
                           to[j * b_k_step] = lines[0].template at<1>(first + k + j)[0];
                         }
                       }
                     });
  }

  float *a_, *b_, *c_;
};

/// The reason why a product of rows of `terms` terms cannot be launched as `teams` teams; nothing
/// if it can. Kokkos counts teams in an int, and tiles count terms in an int, up to the end of a
/// step.
inline std::optional<std::string> too_large_product(std::int64_t teams, std::int64_t terms) {
  constexpr std::int64_t most = 0x7FFFFFFF, max_terms = most - max_depth;
  if (terms > max_terms) {
    return "has rows of " + std::to_string(terms) + " terms, at most " + std::to_string(max_terms) +
           " are supported";
  }
  if (teams <= most) return std::nullopt;
  return "needs " + std::to_string(teams) + " teams, Kokkos counts at most 2147483647";
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
