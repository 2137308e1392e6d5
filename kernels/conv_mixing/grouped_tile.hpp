// The grouped convolution as small matrix products on CPU lanes: y[row,o] = sum_k a[row,k] B[k,o],
// where a row of `a` is D_{t-1} followed by D_t. In a sequence those are neighbouring rows of D, so
// `a` is D itself with rows that overlap by half.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "harness/core/pieces.hpp"
#include "kernels/common/cpu/lane_blocks.hpp"
#include "kernels/conv_mixing/rows_ahead.hpp"

namespace kernelgate {

/// Outputs and rows that one pass over `a` computes: the accumulators fill the vector registers.
inline constexpr std::int64_t group_panel_width = 2 * lane_count;
inline constexpr int group_tile_rows = lane_count == 16 ? 12 : 6;

/// B of one group: panels of group_panel_width outputs, each [2 d, its width] with k = tap d + j.
/// The last one may be one register wide. A panel (32 KiB at d = 128) stays in L1 while all rows of
/// a block are multiplied by it.
struct GroupPanels {
  float* data = nullptr;
  std::int64_t d = 0;

  static std::int64_t width_of(std::int64_t d) {  // outputs, rounded up to whole registers
    return rounded_up(d, lane_count);
  }
  static std::int64_t size(std::int64_t d) { return 2 * d * width_of(d); }
  std::int64_t count() const { return pieces(width_of(d), group_panel_width); }
  std::int64_t width(std::int64_t panel) const {
    return std::min(group_panel_width, width_of(d) - panel * group_panel_width);
  }
  float* at(std::int64_t panel) const { return data + panel * group_panel_width * 2 * d; }

  /// Packs weights [d outputs, d, 2]. Outputs beyond d are zeros.
  template <class T>
  void pack(const T* weight) const {
    for (std::int64_t output = 0; output < d; output += lane_count) {
      const std::int64_t panel = output / group_panel_width;
      pack_register(weight + output * 2 * d, std::min<std::int64_t>(lane_count, d - output),
                    at(panel) + output % group_panel_width, width(panel));
    }
  }

 private:
  template <class T>
  void pack_register(const T* weight, std::int64_t outputs, float* to, std::int64_t stride) const {
    for (std::int64_t k = 0; k < 2 * d; k += lane_count) {  // both taps of a j are adjacent
      const std::int64_t count = std::min<std::int64_t>(lane_count, 2 * d - k);
      Lanes rows[lane_count] = {};
      for (std::int64_t o = 0; o < outputs; ++o) {
        const T* from = weight + o * 2 * d + k;
        rows[o] = count == lane_count ? load_lanes(from) : load_some_lanes(from, count);
        // Prefetches the next register's rows: hardware prefetchers do not follow 16 streams.
        __builtin_prefetch(from + lane_count * 2 * d);
      }
      transpose(rows);
      for (std::int64_t i = 0; i < count; ++i) {
        store_lanes(to + ((k + i) % 2 * d + (k + i) / 2) * stride, rows[i]);
      }
    }
  }
};

template <int rows, int registers>
[[gnu::always_inline]] inline void multiply_group_tile(const float* a, std::int64_t stride,
                                                       const float* panel, std::int64_t depth,
                                                       float* y, std::int64_t y_stride,
                                                       RowsAhead& ahead) {
  constexpr std::int64_t step = 16;
  Lanes sum[rows][registers] = {};
  for (std::int64_t begin = 0; begin < depth; begin += step) {
    ahead.fetch();
    const std::int64_t end = std::min(begin + step, depth);
    for (std::int64_t k = begin; k < end; ++k) {
      Lanes b[registers];
      for (int v = 0; v < registers; ++v) b[v] = load_lanes(panel + v * lane_count);
      panel += registers * lane_count;
#pragma GCC unroll 16
      for (int r = 0; r < rows; ++r) {
        const Lanes x = all_lanes(a[r * stride + k]);
        for (int v = 0; v < registers; ++v) sum[r][v] += x * b[v];
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < registers; ++v) store_lanes(y + r * y_stride + v * lane_count, sum[r][v]);
  }
}

/// Multiplies all rows of a block by one panel.
template <int registers>
void multiply_group_panel(const float* a, std::int64_t stride, std::int64_t rows,
                          const float* panel, std::int64_t depth, float* y, std::int64_t y_stride,
                          RowsAhead& ahead) {
  std::int64_t r = 0;
  const auto tile = [&]<int many>(std::integral_constant<int, many>) {
    multiply_group_tile<many, registers>(a + r * stride, stride, panel, depth, y + r * y_stride,
                                         y_stride, ahead);
  };
  for (; r + group_tile_rows <= rows; r += group_tile_rows) {
    tile(std::integral_constant<int, group_tile_rows>());
  }
  for (; r + 4 <= rows; r += 4) tile(std::integral_constant<int, 4>());
  for (; r < rows; ++r) tile(std::integral_constant<int, 1>());
}

/// y[row,o] of all rows of a block and all outputs. Rows of `a` are `stride` apart: D_{t-1}
/// followed by D_t. Meanwhile prefetches lines of `ahead`.
inline void multiply_group(const float* a, std::int64_t stride, std::int64_t rows,
                           const GroupPanels& weights, float* y, std::int64_t y_stride,
                           RowsAhead& ahead) {
  for (std::int64_t p = 0; p < weights.count(); ++p) {
    float* out = y + p * group_panel_width;
    if (weights.width(p) == group_panel_width) {
      multiply_group_panel<2>(a, stride, rows, weights.at(p), 2 * weights.d, out, y_stride, ahead);
    } else {
      multiply_group_panel<1>(a, stride, rows, weights.at(p), 2 * weights.d, out, y_stride, ahead);
    }
  }
}

}  // namespace kernelgate
