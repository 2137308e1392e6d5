// Kernels that depend on the wave width, correct and with the observed failures (spec 12.5).
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct WaveShared {
  float wave[32];
};

/// W1. y[t] = the number of lanes of the wave with an odd x.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void counts_votes(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  const u64 votes = k_ballot<W>(x[t] % 2 == 1);
  y[t] = bug ? k_popcount(static_cast<u32>(votes)) : k_popcount(votes);
}

/// W2. y[t] = x[t ^ 1], by a mask with a bit for each lane; with the bug, for 32 lanes only.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void shuffles_by_mask(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  const u64 all = W == 64 ? ~u64{0} : 0xFFFFFFFFU;
  const u64 mask = bug ? static_cast<u32>(all) : all;
  y[t] = k_shfl_xor_mask<W>(mask, x[t], 1);
}

/// W3. Each group of 32 threads sums its own numbers; with the bug, those of the whole wave.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void sums_of_thirty_two(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  u32 sum = x[t];
  for (u32 distance = bug ? W / 2 : 16; distance > 0; distance >>= 1) {
    sum += k_shfl_xor<W>(sum, distance);
  }
  y[t] = sum;
}

/// W4. y[t] = exp(x[t] / 4096) divided by the block's sum, as bits. At width 32 the bug computes
/// the number of waves for width 64 and so adds up half of the waves' sums.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void softmax(const u32* x, u32* y, u32*, u32) {
  K_SHARED(WaveShared, s);
  const u32 t = k_tid();
  const float power = k_exp(static_cast<float>(x[t]) * 0x1p-12F);
  const float mine = k_wave_sum<W>(power);
  if (t % W == 0) s.wave[t / W] = mine;
  k_sync();
  const u32 waves = k_threads() / (bug && W == 32 ? 64 : W);
  float sum = 0;
  for (u32 wave = 0; wave < waves; ++wave) sum += s.wave[wave];
  y[t] = k_bits(power / sum);
}

/// W6. The bug shuffles over a distance of 32 lanes in a wave of 32.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void shuffles_by_thirty_two(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  y[t] = x[t] + k_shfl_xor<W>(x[t], bug || W == 64 ? 32 : 16);
}

/// W6. With the bug, only five lanes of the wave reach a shuffle of the whole wave.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void few_lanes_shuffle(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  u32 v = x[t];
  if (!bug || t % W < 5) v += k_shfl<W>(v, 0);
  y[t] = v;
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
