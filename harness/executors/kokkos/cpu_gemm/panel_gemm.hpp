// Weight rows times token panels on one CPU core. A weight is read as the checkpoint stores it,
// [out,in]: a tile of its rows becomes f32 in a small buffer, and each of its numbers is broadcast
// against registers full of tokens, so weights are never transposed.
#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/executors/kokkos/cpu_gemm/token_panels.hpp"

namespace kernelgate {

/// Rows of a tile: with panel_lanes tokens, 24 (AVX-512) or 12 registers of sums.
inline constexpr int tile_rows = lane_count == 16 ? 12 : 6;
/// Most rows of one call, which bounds the buffer of sums.
inline constexpr std::int64_t rows_a_call = 16 * tile_rows;

/// What one thread needs: a stretch of all rows of one call in f32, and their sums.
struct PanelWorkspace {
  // Rows start a line apart modulo 4 KiB, or they would share the sets of the L1 cache.
  static constexpr std::int64_t wide_stride = panel_depth + 16;
  static constexpr std::int64_t sum_stride = tokens_a_block + 16;
  static constexpr std::int64_t floats = rows_a_call * (wide_stride + sum_stride);

  explicit PanelWorkspace(float* memory) : wide(memory), sums(wide + rows_a_call * wide_stride) {}
  float* wide;  // [row][k]
  float* sums;  // [row][lane]
};

/// Weight rows of the next stretch, fetched from memory to L2 while this one is multiplied.
struct Ahead {
  const char* weight = nullptr;  // null: nothing
  std::int64_t row_bytes = 0;
  std::int64_t element_bytes = 0;

  void fetch(std::int64_t k) const {
    if (weight == nullptr) return;
    for (int r = 0; r < tile_rows; ++r) {
      __builtin_prefetch(weight + r * row_bytes + k * element_bytes, 0, 2);
    }
  }
};

/// sums[r][lane] += sum over k of tile[r][k] panel[k][lane], for tile_rows rows.
template <int Registers>
void multiply_panel(const float* tile, const float* panel, std::int64_t depth, float* sums,
                    const Ahead& ahead) {
  constexpr std::int64_t width = Registers * lane_count;
  Lanes sum[tile_rows][Registers];
#pragma GCC unroll 16
  for (int r = 0; r < tile_rows; ++r) {
    for (int v = 0; v < Registers; ++v) {
      sum[r][v] = load_lanes(sums + r * PanelWorkspace::sum_stride + v * lane_count);
    }
  }
  constexpr std::int64_t stretch = 16;  // terms between two rounds of fetching
  for (std::int64_t k0 = 0; k0 < depth; k0 += stretch) {
    ahead.fetch(k0);
    const std::int64_t end = std::min(k0 + stretch, depth);
#pragma GCC unroll 2
    for (std::int64_t k = k0; k < end; ++k) {
      Lanes x[Registers];
      for (int v = 0; v < Registers; ++v) x[v] = load_lanes(panel + k * width + v * lane_count);
#pragma GCC unroll 16
      for (int r = 0; r < tile_rows; ++r) {
        const Lanes w = in_all_lanes(tile[r * PanelWorkspace::wide_stride + k]);
        for (int v = 0; v < Registers; ++v) sum[r][v] += w * x[v];
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < tile_rows; ++r) {
    for (int v = 0; v < Registers; ++v) {
      store_lanes(sums + r * PanelWorkspace::sum_stride + v * lane_count, sum[r][v]);
    }
  }
}

/// One row's stretch as f32. Behind `depth` nothing is written.
template <class T>
void widen(const T* row, std::int64_t depth, float* out) {
  std::int64_t k = 0;
  for (; k + lane_count <= depth; k += lane_count) store_lanes(out + k, load_lanes(row + k));
  for (; k < depth; ++k) out[k] = to_float(row[k]);
}

/// sums[r][lane] = sum over k of weight[r][k] x[lane][k] for `rows` <= rows_a_call rows of a weight
/// of x.terms columns. Each sum is taken in order of k, whatever the blocking.
///
/// A stretch of one panel stays in L1 while all tiles pass by it out of L2.
template <class T>
void multiply_rows(const T* weight, std::int64_t rows, const TokenPanels& x, PanelWorkspace work) {
  const std::int64_t tiles = (rows + tile_rows - 1) / tile_rows;
  for (std::int64_t r = 0; r < tiles * tile_rows; ++r) {
    std::fill_n(work.sums + r * PanelWorkspace::sum_stride, x.lanes(), 0.0F);
  }
  for (std::int64_t k0 = 0; k0 < x.terms; k0 += panel_depth) {
    const std::int64_t depth = x.depth_at(k0);
    for (std::int64_t r = 0; r < tiles * tile_rows; ++r) {
      // A last tile that is not full repeats the last row; those sums are not used.
      const T* row = weight + std::min(r, rows - 1) * x.terms + k0;
      widen(row, depth, work.wide + r * PanelWorkspace::wide_stride);
    }
    for (std::int64_t panel = 0; panel < x.panels(); ++panel) {
      for (std::int64_t t = 0; t < tiles; ++t) {
        const std::int64_t r = t * tile_rows;
        const float* tile = work.wide + r * PanelWorkspace::wide_stride;
        float* sums = work.sums + r * PanelWorkspace::sum_stride + panel * panel_lanes;
        Ahead ahead;
        if (panel == 0 && k0 + 2 * panel_depth <= x.terms && r + tile_rows <= rows) {
          ahead.weight = reinterpret_cast<const char*>(weight + r * x.terms + k0 + panel_depth);
          ahead.row_bytes = x.terms * static_cast<std::int64_t>(sizeof(T));
          ahead.element_bytes = sizeof(T);
        }
        const float* tokens = x.at(panel, k0);
        if (x.width(panel) == panel_lanes) multiply_panel<2>(tile, tokens, depth, sums, ahead);
        else multiply_panel<1>(tile, tokens, depth, sums, ahead);
      }
    }
  }
}

/// Sums of `rows` rows by `tokens` lanes, turned and handed out token by token: write(token, row,
/// registers) gets up to lane_count consecutive rows of one token, `count` of them in use.
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

}  // namespace kernelgate
