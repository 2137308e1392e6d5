// One team's tile of a matrix product, in device-callable form: operands pass through scratch as
// f32, whatever they are stored as, and each thread keeps a small block of sums in registers.
#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

namespace kernelgate {

/// c[a,b] = sum over k of A[a,k] B[b,k] for `Rows` rows of A and `Columns` rows of B (multiples of
/// 4 and 8). Sums rest in scratch between steps of `depth`, so any team size gives the same bits.
template <int Rows, int Columns>
class TeamTile {
 public:
  static constexpr int depth = 32;
  static constexpr int block_rows = 4, block_columns = 8;  // sums that a thread holds
  static_assert(Rows % block_rows == 0 && Columns % block_columns == 0);

  static constexpr std::size_t scratch_bytes() {
    return sizeof(float) * (depth * (Rows + Columns) + Rows * Columns);
  }
  static_assert(sizeof(float) * (depth * (Rows + Columns) + Rows * Columns) <= 65536,
                "level 0 scratch of a portable kernel is at most 64 KiB");

  template <class Member>
  KOKKOS_FUNCTION explicit TeamTile(const Member& team)
      : a_(static_cast<float*>(team.team_shmem().get_shmem(scratch_bytes()))),
        b_(a_ + depth * Rows),
        c_(b_ + depth * Columns) {}

  /// The finished sum. Valid on every thread after multiply().
  KOKKOS_FUNCTION float sum(std::int64_t row, std::int64_t column) const {
    return c_[row * Columns + column];
  }

  /// `a(row, k)` and `b(column, k)` give operands as f32, 0 for rows outside the matrix; k < terms.
  template <class Member, class LoadA, class LoadB>
  KOKKOS_FUNCTION void multiply(const Member& team, std::int64_t terms, const LoadA& a,
                                const LoadB& b) const {
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, Rows * Columns), [&](int i) { c_[i] = 0; });
    for (std::int64_t first = 0; first < terms; first += depth) {
      const std::int64_t steps = terms - first < depth ? terms - first : depth;
      load<Rows>(team, a_, first, steps, a);
      load<Columns>(team, b_, first, steps, b);
      team.team_barrier();
      constexpr int across = Columns / block_columns;
      Kokkos::parallel_for(Kokkos::TeamVectorRange(team, Rows / block_rows * across),
                           [&](int block) {
                             add_block(block / across * block_rows, block % across * block_columns);
                           });
      team.team_barrier();
    }
  }

 private:
  // Neighbouring lanes read neighbouring k of one row; scratch holds [k][row]. Past the last k: 0.
  template <int Extent, class Member, class Load>
  KOKKOS_FUNCTION static void load(const Member& team, float* tile, std::int64_t first,
                                   std::int64_t steps, const Load& operand) {
    Kokkos::parallel_for(Kokkos::TeamVectorRange(team, Extent * depth), [&](int i) {
      const int row = i / depth, k = i % depth;
      tile[k * Extent + row] = k < steps ? operand(row, first + k) : 0;
    });
  }

  KOKKOS_FUNCTION void add_block(int row, int column) const {
    float sums[block_rows][block_columns];
    for (int r = 0; r < block_rows; ++r) {
      for (int c = 0; c < block_columns; ++c) sums[r][c] = c_[(row + r) * Columns + column + c];
    }
    for (int k = 0; k < depth; ++k) {
      const float* a = a_ + k * Rows + row;
      const float* b = b_ + k * Columns + column;
      for (int r = 0; r < block_rows; ++r) {
        for (int c = 0; c < block_columns; ++c) sums[r][c] += a[r] * b[c];
      }
    }
    for (int r = 0; r < block_rows; ++r) {
      for (int c = 0; c < block_columns; ++c) c_[(row + r) * Columns + column + c] = sums[r][c];
    }
  }

  float *a_, *b_, *c_;
};

/// Why a grid of teams cannot be launched; nothing when it can. Kokkos counts teams in an int.
inline bool too_many_teams(std::int64_t teams) { return teams > 0x7FFFFFFF; }

}  // namespace kernelgate
