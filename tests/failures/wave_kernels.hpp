// Kernels that rely on the width of a wave, right and as they were seen to fail (spec 12.5).
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_FLAVOUR {

struct WaveShared {
  float wave[32];
};

/// W1. y[t]: how many lanes of the wave hold an odd number.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void counts_votes(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  const u64 votes = k_ballot<W>(x[t] % 2 == 1);
  y[t] = bug ? k_popcount(static_cast<u32>(votes)) : k_popcount(votes);
}

/// W2. y[t] = x of the neighbour, by a mask that has a bit for each lane, or for 32 of them.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void shuffles_by_mask(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  const u64 all = W == 64 ? ~u64{0} : 0xFFFFFFFFU;
  const u64 mask = bug ? static_cast<u32>(all) : all;
  y[t] = k_shfl_xor_mask<W>(mask, x[t], 1);
}

/// W3. Every 32 threads sum their own numbers, or all that the wave holds.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void sums_of_thirty_two(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  u32 sum = x[t];
  for (u32 distance = bug ? W / 2 : 16; distance > 0; distance >>= 1) {
    sum += k_shfl_xor<W>(sum, distance);
  }
  y[t] = sum;
}

/// W4. y[t] = exp(x[t] / 4096) over the block's sum, as bits. The fault adds up half of the waves'
/// sums: the count of waves comes from the other width.
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

/// W6. A distance of 32 lanes on a wave of 32.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void shuffles_by_thirty_two(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  y[t] = x[t] + k_shfl_xor<W>(x[t], bug || W == 64 ? 32 : 16);
}

/// W6. A shuffle of the whole wave that few lanes reach.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void few_lanes_shuffle(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  u32 v = x[t];
  if (!bug || t % W < 5) v += k_shfl<W>(v, 0);
  y[t] = v;
}

}  // namespace KG_FLAVOUR
}  // namespace kernelgate
