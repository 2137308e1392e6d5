// Sums and maxima over a wave and over a block. The wave width alone fixes the order, so that the
// bits do not depend on the schedule; they differ between widths.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// The sum over all lanes, returned in every lane: a butterfly with distances W/2, W/4, ... 1.
template <int W, class T>
KDEV T k_wave_sum(T value K_SITE_PARAMETER) {
  K_UNROLL
  for (u32 distance = W / 2; distance > 0; distance >>= 1) {
    value += k_shfl_xor<W>(value, distance K_SITE);
  }
  return value;
}

/// The maximum over all lanes, returned in every lane.
template <int W, class T>
KDEV T k_wave_max(T value K_SITE_PARAMETER) {
  K_UNROLL
  for (u32 distance = W / 2; distance > 0; distance >>= 1) {
    value = k_max(value, k_shfl_xor<W>(value, distance K_SITE));
  }
  return value;
}

/// The sum over the lanes up to and including this one.
template <int W, class T>
KDEV T k_wave_scan(T value K_SITE_PARAMETER) {
  const u32 lane = k_tid() % W;
  K_UNROLL
  for (u32 distance = 1; distance < W; distance <<= 1) {
    const T before = k_shfl_up<W>(value, distance K_SITE);
    if (lane >= distance) value += before;
  }
  return value;
}

/// Shared memory for one value per wave of a block of up to 1024 threads.
template <int W, class T>
struct KBlockScratch {
  T wave[1024 / W];
};

/// The sum over a block of whole waves, returned in every thread. All threads must call it; the
/// scratch may be reused after the block's next barrier.
template <int W, class T>
KDEV T k_block_sum(T value, KBlockScratch<W, T>& scratch K_SITE_PARAMETER) {
  const u32 lane = k_tid() % W, wave = k_tid() / W;
  value = k_wave_sum<W>(value K_SITE);
  if (lane == 0) scratch.wave[wave] = value;
  k_sync(K_SITE_ALONE);
  T total = scratch.wave[0];
  for (u32 other = 1; other < k_threads() / W; ++other) total += scratch.wave[other];
  return total;
}

/// The maximum over a block of whole waves, under the rules of k_block_sum.
template <int W, class T>
KDEV T k_block_max(T value, KBlockScratch<W, T>& scratch K_SITE_PARAMETER) {
  const u32 lane = k_tid() % W, wave = k_tid() / W;
  value = k_wave_max<W>(value K_SITE);
  if (lane == 0) scratch.wave[wave] = value;
  k_sync(K_SITE_ALONE);
  T largest = scratch.wave[0];
  for (u32 other = 1; other < k_threads() / W; ++other) {
    largest = k_max(largest, scratch.wave[other]);
  }
  return largest;
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
