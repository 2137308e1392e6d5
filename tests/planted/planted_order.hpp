// Bugs of order: two threads access the same memory without synchronisation. Each kernel has a
// clean twin that differs in `bug` alone. All take x (4096 numbers), y (4096), z (64) and a count.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct PlantedShared {
  u32 part[1024];
  u32 flag;
  u32 count;
};

/// y[b] = sum of the block's x, as a tree.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void missing_barrier(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PlantedShared, s);
  const u32 t = k_tid();
  s.part[t] = x[k_block() * k_threads() + t];
  k_sync();
  for (u32 half = k_threads() / 2; half > 0; half /= 2) {
    if (t < half) s.part[t] += s.part[t + half];
    if constexpr (!bug) k_sync();
  }
  if constexpr (bug) k_sync();
  if (t == 0) y[k_block()] = s.part[0];
}

/// The same sum in one wave, with k_syncwave between lanes.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void warp_synchronous(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PlantedShared, s);
  const u32 t = k_tid();
  s.part[t] = x[t];
  k_sync();
  if (t < W) {
    for (u32 half = W / 2; half > 0; half /= 2) {
      const u32 sum = s.part[t] + s.part[(t + half) % W];
      if constexpr (!bug) k_syncwave<W>();
      s.part[t] = sum;
      if constexpr (!bug) k_syncwave<W>();
    }
    if (t == 0) y[0] = s.part[0];
  }
}

/// A wave operation exchanges values but does not order memory accesses.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void shuffle_is_no_barrier(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PlantedShared, s);
  const u32 t = k_tid();
  s.part[t] = x[t];
  const u32 next = k_shfl_xor<W>(t, 1);
  if constexpr (!bug) k_syncwave<W>();
  y[t] = s.part[next];
}

/// Pairs of lanes exchange values. The bug's mask orders each lane with the wrong neighbour.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void wrong_partial_mask(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PlantedShared, s);
  const u32 t = k_tid(), lane = t % W;
  s.part[t] = x[t];
  // pairs (0,1)(2,3)...; the bug pairs (1,2)(3,4)... and leaves 0 and W-1 to themselves
  const u32 first = bug ? (lane + 1) / 2 * 2 - 1 : lane / 2 * 2;
  u64 mask = bug && lane == 0 ? 1ULL : 3ULL << first;
  if (bug && lane == W - 1) mask = 1ULL << lane;
  k_syncwave_mask<W>(mask);
  y[t] = s.part[t ^ 1U];
}

/// A reused buffer: each later fill needs a barrier after the last read.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void buffer_reused(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PlantedShared, s);
  const u32 t = k_tid();
  u32 sum = 0;
  for (u32 round = 0; round < 3; ++round) {
    s.part[t] = x[round * k_threads() + t];
    k_sync();
    sum += s.part[(t + 1) % k_threads()];
    if constexpr (!bug) k_sync();
  }
  y[t] = sum;
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void cross_block_write(const u32*, u32* y, u32*, u32) {
  if (k_tid() == 0) y[bug ? 0 : k_block()] = k_block();
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void cross_block_read(const u32* x, u32* y, u32*, u32) {
  const u32 b = k_block();
  if (k_tid() == 0) y[b] = x[b];
  k_sync();
  if (k_tid() == 1) y[64 + b] = y[bug ? (b + 1) % k_blocks() : b];
}

/// The last block to finish adds up the values of all blocks.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void missing_fence(const u32* x, u32* y, u32* z, u32) {
  K_SHARED(PlantedShared, s);
  if (k_tid() == 0) {
    y[1 + k_block()] = x[k_block()];
    if constexpr (!bug) k_fence();
    s.flag = k_atomic_add_device(z, 1U) == k_blocks() - 1 ? 1U : 0U;
    if constexpr (!bug) k_fence();
  }
  k_sync();
  if (s.flag != 0 && k_tid() == k_threads() - 1) {
    u32 sum = 0;
    for (u32 b = 0; b < k_blocks(); ++b) sum += y[1 + b];
    y[0] = sum;
  }
}

/// With the bug, the writer has a fence but the reader does not.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void missing_reader_fence(const u32* x, u32* y, u32* z, u32) {
  if (k_tid() != 0) return;
  y[1 + k_block()] = x[k_block()];
  k_fence();
  if (k_atomic_add_device(z, 1U) != k_blocks() - 1) return;
  if constexpr (!bug) k_fence();
  u32 sum = 0;
  for (u32 b = 0; b < k_blocks(); ++b) sum += y[1 + b];
  y[0] = sum;
}

/// All threads of a block write, one publishes. The barrier before the fence publishes all writes.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void fence_of_one(const u32* x, u32* y, u32* z, u32) {
  K_SHARED(PlantedShared, s);
  const u32 t = k_tid();
  y[1 + k_block() * k_threads() + t] = x[t];
  if constexpr (!bug) k_sync();
  if (t == 0) {
    k_fence();
    s.flag = k_atomic_add_device(z, 1U) == k_blocks() - 1 ? 1U : 0U;
    k_fence();
  }
  k_sync();
  if (s.flag == 0) return;
  u32 sum = 0;
  for (u32 b = 0; b < k_blocks(); ++b) sum += y[1 + b * k_threads() + t];
  s.part[t] = sum;
  k_sync();
  if (t == 0) y[0] = s.part[0] + s.part[1];
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void scope_too_narrow(const u32*, u32*, u32* z, u32) {
  if constexpr (bug) {
    k_atomic_add_block(z, 1U);
  } else {
    k_atomic_add_device(z, 1U);
  }
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void atomic_and_plain(const u32*, u32* y, u32*, u32) {
  K_SHARED(PlantedShared, s);
  if (k_tid() == 0) s.count = 0;
  if constexpr (!bug) k_sync();
  k_atomic_add_block(&s.count, 1U);
  k_sync();
  if (k_tid() == 0) y[0] = s.count;
}

/// All waves count by atomics. A barrier of one wave does not order the other waves' atomics.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void atomics_read_too_soon(const u32*, u32* y, u32*, u32) {
  K_SHARED(PlantedShared, s);
  if (k_tid() == 0) s.count = 0;
  k_sync();
  k_atomic_add_block(&s.count, 1U);
  if constexpr (bug) {
    k_syncwave<W>();
  } else {
    k_sync();
  }
  if (k_tid() % W == 0) y[k_tid() / W] = s.count;
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void same_value(const u32* x, u32* y, u32*, u32) {
  K_SHARED(PlantedShared, s);
  const u32 t = k_tid();
  if (t == 0) s.flag = 0;
  k_sync();
  if (bug ? x[t] < 500 : t == 1) s.flag = 1;
  k_sync();
  if (t == 0) y[0] = s.flag;
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void different_values(const u32*, u32* y, u32*, u32) {
  K_SHARED(PlantedShared, s);
  const u32 t = k_tid();
  if (bug || t == 3) s.flag = t;
  k_sync();
  if (t == 0) y[0] = s.flag;
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
