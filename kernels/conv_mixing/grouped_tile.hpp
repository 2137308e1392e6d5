// The grouped convolution as small matrix products on CPU lanes: y[row,o] = sum_k a[row,k] B[k,o],
// where a row of `a` is D_{t-1} followed by D_t. In a sequence those are neighbouring rows of D, so
// `a` is D itself with rows that overlap by half.
#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/executors/kokkos/lanes.hpp"

namespace kernelgate {

/// Outputs that one pass over `a` computes, and rows: accumulators fill the vector registers.
inline constexpr std::int64_t panel_width = 2 * lane_count;
inline constexpr int tile_rows = lane_count == 16 ? 12 : 6;

/// B[k,o] of one panel from weights [d outputs, d, 2]: k = tap d + j. Outputs beyond d are zeros.
/// A few input channels at a time, so that the lines written stay in L1 until they are full.
template <class T>
void pack_panel(const T* weight, std::int64_t d, std::int64_t first_output, float* panel) {
  constexpr std::int64_t channels = 16;
  for (std::int64_t begin = 0; begin < d; begin += channels) {
    const std::int64_t end = std::min(begin + channels, d);
    for (std::int64_t o = 0; o < panel_width; ++o) {
      const bool exists = first_output + o < d;
      const T* from = weight + (exists ? first_output + o : 0) * d * 2;
      for (std::int64_t j = begin; j < end; ++j) {
        panel[j * panel_width + o] = exists ? to_float(from[2 * j]) : 0;
        panel[(d + j) * panel_width + o] = exists ? to_float(from[2 * j + 1]) : 0;
      }
    }
  }
}

template <int rows>
[[gnu::always_inline]] inline void multiply_tile(const float* a, std::int64_t stride,
                                                 const float* panel, std::int64_t depth, float* y,
                                                 std::int64_t y_stride) {
  Lanes low[rows] = {};
  Lanes high[rows] = {};
  for (std::int64_t k = 0; k < depth; ++k) {
    const Lanes b0 = load_lanes(panel + k * panel_width);
    const Lanes b1 = load_lanes(panel + k * panel_width + lane_count);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      const Lanes x = all_lanes(a[r * stride + k]);
      low[r] += x * b0;
      high[r] += x * b1;
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
    store_lanes(y + r * y_stride, low[r]);
    store_lanes(y + r * y_stride + lane_count, high[r]);
  }
}

/// All rows of a block against one panel.
inline void multiply_panel(const float* a, std::int64_t stride, std::int64_t rows,
                           const float* panel, std::int64_t depth, float* y,
                           std::int64_t y_stride) {
  std::int64_t r = 0;
  for (; r + tile_rows <= rows; r += tile_rows) {
    multiply_tile<tile_rows>(a + r * stride, stride, panel, depth, y + r * y_stride, y_stride);
  }
  for (; r + 4 <= rows; r += 4) {
    multiply_tile<4>(a + r * stride, stride, panel, depth, y + r * y_stride, y_stride);
  }
  for (; r < rows; ++r) {
    multiply_tile<1>(a + r * stride, stride, panel, depth, y + r * y_stride, y_stride);
  }
}

/// Few rows: weights are read where they lie, each once for up to four rows. `a` rows hold
/// D_{t-1}[j], D_t[j] in turn, as the weights do; y[row,o] for all d outputs.
template <int rows, class T>
void multiply_in_place(const float* a, std::int64_t stride, const T* weight, std::int64_t d,
                       float* y, std::int64_t y_stride) {
  const std::int64_t depth = 2 * d;
  const std::int64_t whole = depth / lane_count * lane_count;
  constexpr int outputs = 4;
  for (std::int64_t o = 0; o < d; o += outputs) {
    const int many = static_cast<int>(std::min<std::int64_t>(outputs, d - o));
    Lanes sum[outputs][rows] = {};
    for (std::int64_t k = 0; k < whole; k += lane_count) {
#pragma GCC unroll 4
      for (int i = 0; i < outputs; ++i) {
        const Lanes w = load_lanes(weight + (o + std::min(i, many - 1)) * depth + k);
#pragma GCC unroll 4
        for (int r = 0; r < rows; ++r) sum[i][r] += w * load_lanes(a + r * stride + k);
      }
    }
    for (int i = 0; i < many; ++i) {
      for (int r = 0; r < rows; ++r) {
        float total = sum_lanes(sum[i][r]);
        for (std::int64_t k = whole; k < depth; ++k) {
          total += to_float(weight[(o + i) * depth + k]) * a[r * stride + k];
        }
        y[r * y_stride + o + i] = total;
      }
    }
  }
}

}  // namespace kernelgate
