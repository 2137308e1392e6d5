// Operands of conv_mixing's grouped convolution, portable: rows of D and the weights of a group, as
// team products load them.
#pragma once

#include <Kokkos_Core.hpp>
#include <type_traits>

#include "kernels/common/kokkos/stored_pack.hpp"
#include "kernels/conv_mixing/rows_ahead.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// D_{t-1} followed by D_t of each row: the activations of the grouped convolution. In a sequence
/// rows overlap by half.
struct DepthwiseRows {
  const float* data;
  int stride;

  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> load(int row, int k, int count) const {
    return widen_first<W>(data + row * stride + k, count);
  }
};

/// Empty prefetch queue for devices, where threads synchronise instead of prefetching.
struct NoRowsAhead {};

/// Weights [d,d,2] of a group, tap by tap: term k is input k of tap 0, then input k - padded of tap
/// 1. Padding inputs are 0.
template <class T, class Ahead>
struct TapWeights {
  const T* data;
  int d, padded;
  Ahead* rows_ahead;
  int in = 2 * padded, out = d;

  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> load(int o, int k, int count) const {
    const T* row = data + 2 * o * d;
    if constexpr (Pack<float, W>::vector) {
      const int tap = k >= padded ? 1 : 0, j = k - tap * padded;
      if (j + W <= d) {
        Pack<float, W> older, newer;
        widen_deinterleaved<W>(row + 2 * j, older, newer);
        return tap == 0 ? older : newer;
      }
      Pack<float, W> p = broadcast<Pack<float, W>>(0.0F);
      for (int i = 0; j + i < d; ++i) p.at[i] = to_float(row[2 * (j + i) + tap]);
      return p;
    } else {
      Pack<float, W> p;
      KG_UNROLL for (int i = 0; i < W; ++i) {
        const int tap = k + i >= padded ? 1 : 0, j = k + i - tap * padded;
        p.at[i] = i < count && j < d ? to_float(row[2 * j + tap]) : 0.0F;
      }
      return p;
    }
  }
  /// All terms of row o: both taps come from the same loads.
  template <int W>
  requires(Pack<float, W>::vector) void stage(int o, float* to) const {
    const T* row = data + 2 * o * d;
    int j = 0;
    for (; j + W <= d; j += W) {
      Pack<float, W> older, newer;
      widen_deinterleaved<W>(row + 2 * j, older, newer);
      store(to + j, older);
      store(to + padded + j, newer);
    }
    for (; j < padded; ++j) {
      to[j] = j < d ? to_float(row[2 * j]) : 0.0F;
      to[padded + j] = j < d ? to_float(row[2 * j + 1]) : 0.0F;
    }
  }
  template <int Columns>
  KOKKOS_FORCEINLINE_FUNCTION void fetch(int o, int k, int turn) const {
    if (turn == 0) {
      KG_UNROLL for (int i = 0; i < Columns; ++i) prefetch(data + 2 * (o + i) * d + k);
    }
    if constexpr (std::is_same_v<Ahead, RowsAhead>) rows_ahead->fetch();
  }
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
