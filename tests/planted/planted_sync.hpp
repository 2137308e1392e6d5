// Barriers and wave operations that not all of their threads reach.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void divergent_barrier(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  y[t] = x[t];
  if (!bug || t < 128) k_sync();
  y[t] += 1;
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void barrier_at_two_sites(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  // NOLINTNEXTLINE(bugprone-branch-clone): that is the bug
  if (!bug || x[t] % 2 == 0) {
    k_sync();
  } else {
    k_sync();
  }
  y[t] = x[t];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void early_return(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  if (bug && t >= 200) return;
  k_sync();
  y[t] = x[t];
}

/// A barrier in a loop whose trip count differs between threads.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void barrier_in_uneven_loop(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  u32 sum = 0;
  for (u32 i = 0; i < 3 + (bug ? t / W : 0); ++i) {
    sum += x[i * k_threads() + t];
    k_sync();
  }
  y[t] = sum;
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void divergent_shuffle(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  u32 v = x[t];
  if (!bug || t % 2 == 1) v += k_shfl_xor<W>(v, 2);
  y[t] = v;
}

/// Two reductions in the two arms of an `if`, with the same source line inside the dialect.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void reduction_in_two_arms(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  u32 v = x[t];
  if (bug && t % 2 == 0) {
    v = k_wave_sum<W>(v + 1);
  } else {
    v = k_wave_sum<W>(v);
  }
  y[t] = v;
}

/// The block ends inside a wave; the lanes beyond its end do not exist.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void shuffle_out_of_the_block(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid(), lane = t % W;
  const u32 lanes = k_min(k_threads() - t / W * W, static_cast<u32>(W));
  const u32 from = bug ? (lane + 1) % W : (lane + 1) % lanes;
  y[t] = k_shfl<W>(x[t], from);
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void shuffle_outside_of_the_mask(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid(), lane = t % W;
  u32 v = x[t];
  if (lane < 8) v = k_shfl_mask<W>(0xFF, v, bug ? lane + 8 : 7 - lane);
  y[t] = v;
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void mask_without_the_caller(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid(), lane = t % W;
  if (lane < 8) y[t] = static_cast<u32>(k_ballot_mask<W>(bug ? 0x7F : 0xFF, x[t] % 2 == 0));
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void masks_that_differ(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid(), lane = t % W;
  const u64 all = (1ULL << (W / 2) << (W / 2)) - 1;
  const u64 mask = bug && lane % 2 == 0 ? all & 0x5555555555555555ULL : all;
  y[t] = k_shfl_xor_mask<W>(mask, x[t], 2);
}

/// The bug's mask has 32 lanes in a wave of 64: lanes 32 to 63 are left out.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void mask_of_32(const u32* x, u32* y, u32*, u32) {
  const u64 all = bug ? 0xFFFFFFFFULL : (1ULL << (W / 2) << (W / 2)) - 1;
  y[k_tid()] = k_shfl_xor_mask<W>(all, x[k_tid()], 1);
}

/// With the bug, counts a wave's votes in 32 bits.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void ballot_of_32(const u32* x, u32* y, u32*, u32) {
  const u64 votes = k_ballot<W>(x[k_tid()] < 2000);
  y[k_tid()] = bug ? k_popcount(static_cast<u32>(votes)) : k_popcount(votes);
}

/// The bug computes the lane as t & 31, so that every wave of 64 has two lanes 0.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void lane_of_32(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid(), lane = bug ? t & 31U : t % W;
  u32 scan = x[t];
  for (u32 d = 1; d < W; d *= 2) {
    const u32 before = k_shfl_up<W>(scan, d);
    if (lane >= d) scan += before;
  }
  y[t] = scan;
}

/// The first and the last lane of a wave wait for each other. Clean if lanes are scheduled
/// independently.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void spin_wait(const u32*, u32* y, u32* z, u32) {
  const u32 t = k_tid();
  u32* own = z + t / W;
  if (t % W == 0) {
    while (k_atomic_load_device(own) != 1U) {
    }
    k_atomic_store_device(own, 2U);
    y[t / W] = 1;
  } else if (t % W == W - 1) {
    k_atomic_store_device(own, 1U);
    while (k_atomic_load_device(own) != 2U) {
    }
  }
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
