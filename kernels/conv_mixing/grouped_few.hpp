// The grouped convolution of a few rows on CPU lanes. Weights are read in place, each once for up
// to four rows, since packing them would cost more than it saves.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/common/cpu/fetch_level.hpp"
#include "kernels/common/cpu/lanes.hpp"

namespace kernelgate {

/// Up to this many rows, packing the weights costs about as much as it saves.
inline constexpr std::int64_t few_rows = 24;

/// Prefetch distance of the weights: slightly more than memory delivers within its own latency.
/// Hardware prefetching alone stops at every page.
inline constexpr std::uintptr_t fetched_bytes = 4096;

/// Prefetches the first lines of a group's weights while its depthwise taps are computed.
inline void fetch_first_weights(const void* weight) {
  for (std::uintptr_t b = 0; b < fetched_bytes; b += 64) fetch_line<FetchTo::l2>(weight, b);
}

/// y[row,o] for all d outputs; rows of `a` interleave D_{t-1}[j] and D_t[j], like the weights.
template <int rows, class T>
void multiply_in_place(const float* a, std::int64_t stride, const T* weight, std::int64_t d,
                       float* y, std::int64_t y_stride) {
  const std::int64_t depth = 2 * d;
  const std::int64_t whole = depth / lane_count * lane_count;
  constexpr int outputs = 4;
  constexpr auto line = 64 / static_cast<std::int64_t>(sizeof(T));
  for (std::int64_t o = 0; o < d; o += outputs) {
    const int many = static_cast<int>(std::min<std::int64_t>(outputs, d - o));
    Lanes sum[outputs][rows] = {};
    for (std::int64_t k = 0; k < whole; k += lane_count) {
      if (k % line == 0) {
        for (int i = 0; i < outputs; ++i) {
          const auto element = static_cast<std::uintptr_t>((o + i) * depth + k);
          fetch_line<FetchTo::l2>(weight, element * sizeof(T) + fetched_bytes);
        }
      }
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

/// y of any number of rows; rows of `depthwise` are `stride` apart: D_{t-1}, then D_t.
template <class T>
void multiply_few(const float* depthwise, std::int64_t stride, std::int64_t rows, const T* weight,
                  std::int64_t d, float* y, std::int64_t y_stride) {
  constexpr std::int64_t widest = 256;
  alignas(64) float pairs[4 * 2 * widest];
  for (std::int64_t r = 0; r < rows; r += 4) {
    const std::int64_t many = std::min<std::int64_t>(4, rows - r);
    for (std::int64_t i = 0; i < many; ++i) {
      const float* from = depthwise + (r + i) * stride;
      for (std::int64_t j = 0; j < d; ++j) {
        pairs[i * 2 * d + 2 * j] = from[j];
        pairs[i * 2 * d + 2 * j + 1] = from[d + j];
      }
    }
    float* out = y + r * y_stride;
    switch (many) {
      case 4:
        multiply_in_place<4>(pairs, 2 * d, weight, d, out, y_stride);
        break;
      case 3:
        multiply_in_place<3>(pairs, 2 * d, weight, d, out, y_stride);
        break;
      case 2:
        multiply_in_place<2>(pairs, 2 * d, weight, d, out, y_stride);
        break;
      default:
        multiply_in_place<1>(pairs, 2 * d, weight, d, out, y_stride);
    }
  }
}

}  // namespace kernelgate
