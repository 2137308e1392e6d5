// Weight rows times token panels on one CPU core. A weight is read in the checkpoint's layout,
// [out,in]: a tile of its rows is converted to f32 in a small buffer, and each number is broadcast
// and multiplied with registers full of tokens, so weights are never transposed.
#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/core/pieces.hpp"
#include "kernels/common/cpu/token_panels.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

/// Rows of a tile: with panel_lanes tokens it has 24 (AVX-512) or 12 registers of sums.
inline constexpr int tile_rows = lane_count == 16 ? 12 : 6;
/// Maximum number of rows of one call, which bounds the buffer of sums.
inline constexpr std::int64_t rows_a_call = 16 * tile_rows;

/// Terms of a row that are adjacent in a widened tile: one cache line.
inline constexpr std::int64_t line_terms = 16;

/// The memory of one thread: a stretch of all rows of one call in f32, and their sums.
struct PanelWorkspace {
  static constexpr std::int64_t tile_floats = tile_rows * panel_depth;
  // Rows of sums start one cache line apart modulo 4 KiB, to avoid L1 set conflicts.
  static constexpr std::int64_t sum_stride = tokens_per_block + 16;
  static constexpr std::int64_t floats = rows_a_call * (panel_depth + sum_stride);

  explicit PanelWorkspace(float* memory) : wide(memory), sums(wide + rows_a_call * panel_depth) {}
  float* wide;  // [tile][k / line_terms][row of the tile][line_terms]: read in order
  float* sums;  // [row][lane]
};

/// Data of later calls to prefetch during this multiplication: the sums of the next tile from L2 to
/// L1, and weight rows of the next stretch from memory to L2.
struct Ahead {
  const float* sums = nullptr;
  const char* weight = nullptr;  // null: no prefetch
  std::int64_t row_bytes = 0;
  std::int64_t element_bytes = 0;

  void fetch(std::int64_t k) const {
    const std::int64_t row = k / line_terms;
    if (row < tile_rows) {
      for (std::int64_t lane = 0; lane < panel_lanes; lane += line_terms) {
        __builtin_prefetch(sums + row * PanelWorkspace::sum_stride + lane, 1, 3);
      }
    }
    if (weight == nullptr) return;
    for (int r = 0; r < tile_rows; ++r) {
      __builtin_prefetch(weight + r * row_bytes + k * element_bytes, 0, 2);
    }
  }
};

enum class Sums { begin, go_on };

/// For multiply_wide_rows(): a number of a tile is one term of a row in f32.
struct WideProduct {
  [[gnu::always_inline]] static Lanes spread(const float* term) { return all_lanes(*term); }
  [[gnu::always_inline]] static void add(Lanes& sum, Lanes w, Lanes x) { sum += w * x; }
};

/// sums[r][lane] (+)= sum over k of tile[r][k] panel[k][lane], for tile_rows rows.
template <class Product, int Registers>
void multiply_panel(const float* tile, const float* panel, std::int64_t depth, float* sums,
                    Sums start, const Ahead& ahead) {
  constexpr std::int64_t width = Registers * lane_count;
  Lanes sum[tile_rows][Registers] = {};
  if (start == Sums::go_on) {
#pragma GCC unroll 16
    for (int r = 0; r < tile_rows; ++r) {
      for (int v = 0; v < Registers; ++v) {
        sum[r][v] = load_lanes(sums + r * PanelWorkspace::sum_stride + v * lane_count);
      }
    }
  }
  for (std::int64_t k0 = 0; k0 < depth; k0 += line_terms) {
    ahead.fetch(k0);
    const std::int64_t terms = std::min(line_terms, depth - k0);
    for (std::int64_t k = 0; k < terms; ++k) {
      Lanes x[Registers];
      for (int v = 0; v < Registers; ++v) x[v] = load_lanes(panel + k * width + v * lane_count);
#pragma GCC unroll 16
      for (int r = 0; r < tile_rows; ++r) {
        const Lanes w = Product::spread(tile + r * line_terms + k);
        for (int v = 0; v < Registers; ++v) Product::add(sum[r][v], w, x[v]);
      }
    }
    tile += tile_rows * line_terms;
    panel += line_terms * width;
  }
#pragma GCC unroll 16
  for (int r = 0; r < tile_rows; ++r) {
    for (int v = 0; v < Registers; ++v) {
      store_lanes(sums + r * PanelWorkspace::sum_stride + v * lane_count, sum[r][v]);
    }
  }
}

namespace detail {
/// Widens the rows of a tile from term k0 on. An incomplete last tile repeats the last row; those
/// sums are unused.
template <class Weight>
void widen_tile(const Weight& weight, std::int64_t first, std::int64_t rows, std::int64_t k0,
                std::int64_t depth, float* tile) {
  for (std::int64_t r = 0; r < tile_rows; ++r) {
    weight.widen_row(std::min(first + r, rows - 1), k0, depth, tile + r * line_terms,
                     tile_rows * line_terms);
  }
}

template <class Product, class Panels>
void multiply_panel_of(const float* tile, const Panels& x, std::int64_t panel, std::int64_t k0,
                       std::int64_t depth, float* sums, const Ahead& ahead) {
  const Sums start = k0 == 0 ? Sums::begin : Sums::go_on;
  if (x.width(panel) == panel_lanes) {
    multiply_panel<Product, 2>(tile, x.at(panel, k0), depth, sums, start, ahead);
  } else {
    multiply_panel<Product, 1>(tile, x.at(panel, k0), depth, sums, start, ahead);
  }
}

/// Multiplies a single panel: each tile of whole rows, stored one after another, is multiplied as
/// soon as it is widened, while the rows of the next tile are prefetched.
template <class Product, class Weight, class Panels>
void multiply_one_panel(const Weight& weight, std::int64_t rows, const Panels& x,
                        PanelWorkspace work) {
  constexpr std::int64_t deep = rows_a_call / tile_rows * panel_depth;  // fills the workspace
  for (std::int64_t r = 0; r < rows; r += tile_rows) {
    float* sums = work.sums + r * PanelWorkspace::sum_stride;
    for (std::int64_t k0 = 0; k0 < x.terms; k0 += deep) {
      const std::int64_t depth = std::min(deep, x.terms - k0);
      widen_tile(weight, r, rows, k0, depth, work.wide);
      Ahead ahead{.sums = sums};
      if (r + 2 * tile_rows <= rows) weight.fetch_ahead(ahead, r + tile_rows, k0);
      multiply_panel_of<Product>(work.wide, x, 0, k0, depth, sums, ahead);
    }
  }
}
}  // namespace detail

/// sums[r][lane] = sum over k of weight[r][k] x[lane][k] for `rows` <= rows_a_call rows of a weight
/// of x.terms columns. Each sum is accumulated in order of k, independent of the blocking. The
/// weight's widen_row(r, k0, depth, out, line_stride) writes terms k0 to k0 + depth - 1 of row r
/// with line_terms numbers per line; lines begin line_stride apart. fetch_ahead(ahead, r, k0) sets
/// the address of the weight rows to prefetch. Panels: TokenPanels, or PairPanels::Words with
/// PairProduct.
///
/// With several panels, a stretch of one panel stays in L1 while all tiles are read from L2.
template <class Product = WideProduct, class Weight, class Panels>
void multiply_wide_rows(const Weight& weight, std::int64_t rows, const Panels& x,
                        PanelWorkspace work) {
  if (x.panels() == 1) return detail::multiply_one_panel<Product>(weight, rows, x, work);
  const std::int64_t tiles = pieces(rows, tile_rows);
  for (std::int64_t k0 = 0; k0 < x.terms; k0 += panel_depth) {
    const std::int64_t depth = x.depth_at(k0);
    for (std::int64_t t = 0; t < tiles; ++t) {
      detail::widen_tile(weight, t * tile_rows, rows, k0, depth,
                         work.wide + t * PanelWorkspace::tile_floats);
    }
    for (std::int64_t panel = 0; panel < x.panels(); ++panel) {
      for (std::int64_t t = 0; t < tiles; ++t) {
        const std::int64_t r = t * tile_rows;
        const float* tile = work.wide + t * PanelWorkspace::tile_floats;
        float* sums = work.sums + r * PanelWorkspace::sum_stride + panel * panel_lanes;
        Ahead ahead{.sums = t + 1 < tiles ? sums + tile_rows * PanelWorkspace::sum_stride : sums};
        if (panel == 0 && k0 + 2 * panel_depth <= x.terms && r + tile_rows <= rows) {
          weight.fetch_ahead(ahead, r, k0 + panel_depth);
        }
        detail::multiply_panel_of<Product>(tile, x, panel, k0, depth, sums, ahead);
      }
    }
  }
}

/// Transposes the sums of `rows` rows by `tokens` lanes and passes them on token by token:
/// write(token, row, registers, count) receives up to lane_count consecutive rows of one token, of
/// which `count` are valid.
template <class Write>
void hand_out_sums(const float* sums, std::int64_t rows, std::int64_t tokens, const Write& write) {
  for (std::int64_t row = 0; row < rows; row += lane_count) {
    const std::int64_t count = std::min<std::int64_t>(lane_count, rows - row);
    for (std::int64_t token = 0; token < tokens; token += lane_count) {
      Lanes block[lane_count];
      for (std::int64_t i = 0; i < lane_count; ++i) {
        const std::int64_t r = std::min(row + i, rows - 1);
        block[i] = load_lanes(sums + r * PanelWorkspace::sum_stride + token);
      }
      transpose(block);
      const std::int64_t last = std::min<std::int64_t>(lane_count, tokens - token);
      for (std::int64_t i = 0; i < last; ++i) write(token + i, row, block[i], count);
    }
  }
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
