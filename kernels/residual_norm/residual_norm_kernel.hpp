// residual_norm, native: one block per row. Each thread keeps its elements of the new stream in
// registers between the mean square and the norm, so that the row is read once.
#pragma once

#include <dialect.hpp>

#include "kernels/common/dialect/common/floats.hpp"
#include "kernels/residual_norm/residual_norm_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

template <int W>
struct ResidualNormShared {
  KBlockScratch<W, float> scratch;
};

/// Grid: one block per row of `width` elements. Rows begin at multiples of N elements; a thread has
/// up to `Values` of them, so that width <= threads * Values.
template <class T, int W, int N, int Values>
KGLOBAL KBOUNDS(residual_norm_threads) void residual_norm_kernel(
    const T* hidden, const T* hidden_scale, const T* hidden_bias, const T* residual_scale,
    const T* residual_bias, const T* weight, float* residual, T* y, u32 width, u32 does,
    float epsilon) {
  K_SHARED(ResidualNormShared<W>, s);
  const u64 row = static_cast<u64>(k_block()) * width;
  float r[Values / N][N];
  float square = 0;
  K_UNROLL
  for (int step = 0; step < Values / N; ++step) {
    const u32 i = (static_cast<u32>(step) * k_threads() + k_tid()) * N;
    if (i < width) {
      float h[N], scale[N], bias[N];
      k_load_floats(hidden + row + i, h);
      k_load_floats(hidden_scale + i, scale);
      k_load_floats(hidden_bias + i, bias);
      for (int j = 0; j < N; ++j) r[step][j] = (h[j] + bias[j]) * scale[j];
      if (does & ResidualNormDoes::reads_residual) {
        k_load_floats(residual + row + i, h);
        k_load_floats(residual_scale + i, scale);
        k_load_floats(residual_bias + i, bias);
        for (int j = 0; j < N; ++j) r[step][j] = k_fma(h[j] + bias[j], scale[j], r[step][j]);
      }
      if (does & ResidualNormDoes::writes_residual) k_store_floats(residual + row + i, r[step]);
      for (int j = 0; j < N; ++j) {
        if (does & ResidualNormDoes::rounds_input) {
          r[step][j] = k_to_float(k_from_float<T>(r[step][j]));
        }
        square = k_fma(r[step][j], r[step][j], square);
      }
    }
  }
  const float sum = k_block_sum<W>(square, s.scratch);
  const float inverse = k_rsqrt(sum / static_cast<float>(width) + epsilon);
  K_UNROLL
  for (int step = 0; step < Values / N; ++step) {
    const u32 i = (static_cast<u32>(step) * k_threads() + k_tid()) * N;
    if (i < width) {
      float g[N];
      k_load_floats(weight + i, g);
      for (int j = 0; j < N; ++j) g[j] = r[step][j] * inverse * g[j];
      k_store_floats(y + row + i, g);
    }
  }
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
