// Weight rows times pair panels on matrix units. A weight is read in the checkpoint's layout: 16 of
// its rows, 32 terms each, are loaded directly as a tile.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/common/cpu/pair_panels.hpp"
#include "kernels/common/cpu/panel_gemm.hpp"

#ifdef KERNELGATE_AMX
namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// Rows per pass over a panel: two tiles.
inline constexpr std::int64_t unit_block_rows = 2 * unit_rows;

namespace detail {

/// Rows of a weight from which tiles are loaded.
struct TileRows {
  const bf16* data = nullptr;  // the first row
  std::int64_t count = 0;      // number of rows
  std::int64_t terms = 0;

  bool whole(std::int64_t row, std::int64_t k) const {
    return row + unit_rows <= count && k + unit_terms <= terms;
  }
  /// Copies a tile that extends beyond the weight's edge, padded with zeros.
  void copy(std::int64_t row, std::int64_t k, bf16 (&tile)[unit_rows][unit_terms]) const {
    std::memset(tile, 0, sizeof tile);
    const std::int64_t columns = std::min(unit_terms, terms - k);
    for (std::int64_t r = 0; r < std::min(unit_rows, count - row); ++r) {
      std::memcpy(tile[r], data + (row + r) * terms + k,
                  static_cast<std::size_t>(columns) * sizeof(bf16));
    }
    UnitTiles::settle();
  }
  /// Prefetches rows of the next steps to L2: rows a page apart share one set of L1.
  void fetch(std::int64_t k) const {
    constexpr std::int64_t ahead = 16 * unit_terms;
    const std::int64_t next = k + ahead < terms ? 0 : unit_block_rows;
    const std::int64_t column = next == 0 ? k + ahead : k + ahead - terms;
    const auto bytes = static_cast<std::uintptr_t>(next * terms + column) * sizeof(bf16);
    for (std::int64_t r = 0; r < std::min(unit_block_rows, count); ++r) {
      const auto row = reinterpret_cast<std::uintptr_t>(data + r * terms);
      // NOLINTNEXTLINE(performance-no-int-to-ptr): may lie past the array, where no pointer may
      __builtin_prefetch(reinterpret_cast<const char*>(row + bytes), 0, 2);
    }
  }
};

/// Computes sums[r][lane] for 32 rows (zeros where the weight has fewer) and 16 Columns lanes.
template <int Columns>
void multiply_tiles(const TileRows& rows, const float* panel, float* sums, bool fetch) {
  constexpr std::int64_t words = Columns * unit_rows;  // per pair of terms
  constexpr std::int64_t sum_bytes = PanelWorkspace::sum_stride * sizeof(float);
  const std::int64_t row_bytes = rows.terms * static_cast<std::int64_t>(sizeof(bf16));
  _tile_zero(0);
  _tile_zero(1);
  if constexpr (Columns == 2) {
    _tile_zero(2);
    _tile_zero(3);
  }
  for (std::int64_t k = 0; k < rows.terms; k += unit_terms) {
    if (fetch) rows.fetch(k);
    if (rows.whole(unit_rows, k)) {
      _tile_loadd(4, rows.data + k, row_bytes);
      _tile_loadd(5, rows.data + unit_rows * rows.terms + k, row_bytes);
    } else {
      alignas(64) bf16 edge[unit_rows][unit_terms];
      rows.copy(0, k, edge);
      _tile_loadd(4, edge, sizeof edge[0]);
      rows.copy(unit_rows, k, edge);
      _tile_loadd(5, edge, sizeof edge[0]);
      UnitTiles::settle();
    }
    _tile_loadd(6, panel + k / 2 * words, words * sizeof(float));
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 5, 6);
    if constexpr (Columns == 2) {
      _tile_loadd(7, panel + k / 2 * words + unit_rows, words * sizeof(float));
      _tile_dpbf16ps(2, 4, 7);
      _tile_dpbf16ps(3, 5, 7);
    }
  }
  float* below = sums + unit_rows * PanelWorkspace::sum_stride;
  _tile_stored(0, sums, sum_bytes);
  _tile_stored(1, below, sum_bytes);
  if constexpr (Columns == 2) {
    _tile_stored(2, sums + unit_rows, sum_bytes);
    _tile_stored(3, below + unit_rows, sum_bytes);
  }
}

}  // namespace detail

/// sums[r][lane] = sum over k of weight[r][k] x[lane][k] for `rows` <= rows_a_call rows of a weight
/// of x.terms columns, in the layout of PanelWorkspace::sums; rows up to the next multiple of 32
/// are written. Products of bf16 are exact in f32; a matrix unit adds pairs of them, rounds each
/// sum to nearest even and treats subnormal numbers as zeros (the manual's TDPBF16PS).
inline void multiply_on_units(const bf16* weight, std::int64_t rows, const PairPanels& x,
                              float* sums) {
  const UnitTiles tiles;
  UnitTiles::settle();
  for (std::int64_t r = 0; r < rows; r += unit_block_rows) {
    const detail::TileRows block{weight + r * x.terms, rows - r, x.terms};
    for (std::int64_t panel = 0; panel < x.panels(); ++panel) {
      float* to = sums + r * PanelWorkspace::sum_stride + panel * panel_lanes;
      if (x.width(panel) == panel_lanes) {
        detail::multiply_tiles<2>(block, x.at(panel, 0), to, panel == 0);
      } else {
        detail::multiply_tiles<1>(block, x.at(panel, 0), to, panel == 0);
      }
    }
  }
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
#endif
