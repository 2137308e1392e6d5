// Correct kernels that depend on the schedule: barriers, wave operations with full and partial
// masks, blocks that wait for each other.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct ReduceShared {
  u32 part[1024];
};

/// out[b] = sum of the block's part of x, as a tree in shared memory.
template <int W>
KGLOBAL KBOUNDS(1024) void tree_sum(const u32* x, u32* out) {
  K_SHARED(ReduceShared, s);
  const u32 t = k_tid();
  s.part[t] = x[k_block() * k_threads() + t];
  k_sync();
  for (u32 half = k_threads() / 2; half > 0; half /= 2) {
    if (t < half) s.part[t] += s.part[t + half];
    k_sync();
  }
  if (t == 0) out[k_block()] = s.part[0];
}

/// out[t] combines the results of every wave operation, on values that a test can predict.
template <int W>
KGLOBAL KBOUNDS(1024) void wave_words(u64* out) {
  const u32 t = k_tid();
  const u32 lane = t % W;
  u64 r = k_shfl<W>(t, W - 1);
  r = r * 31 + k_shfl_xor<W>(u64{t} << 40, 1);
  r = r * 31 + k_shfl_up<W>(t, 3);
  r = r * 31 + k_shfl_down<W>(t, 5);
  r = r * 31 + k_ballot<W>(lane % 3 == 0);
  r = r * 31 + (k_any<W>(lane == 1) ? 1U : 0U) + (k_all<W>(lane != 1) ? 2U : 0U);
  const u64 even = 0x5555555555555555ULL & (W == 64 ? ~0ULL : 0xFFFFFFFFULL);
  if (lane % 2 == 0) {
    r = r * 31 + k_ballot_mask<W>(even, lane > 4);
  } else {
    r = r * 31 + k_shfl_xor_mask<W>(even << 1, t, 2);
  }
  out[k_block() * k_threads() + t] = r;
}

struct QuarterShared {
  u32 value[1024];
};

/// Groups of W / 4 lanes pass values round a ring in shared memory. Each group has its own mask.
template <int W>
KGLOBAL KBOUNDS(1024) void quarter_ring(u32* out, u32 rounds) {
  K_SHARED(QuarterShared, s);
  constexpr u32 size = W / 4;
  const u32 t = k_tid();
  const u64 mask = ((1ULL << size) - 1) << (t % W / size * size);
  const u32 first = t / size * size;
  u32 mine = t;
  for (u32 i = 0; i < rounds; ++i) {
    s.value[t] = mine;
    k_syncwave_mask<W>(mask);
    mine = s.value[first + (t + 1) % size];
    k_syncwave_mask<W>(mask);
  }
  out[k_block() * k_threads() + t] = mine;
}

/// Every block adds one to `arrived` and waits for all others, so all blocks must be resident at
/// the same time. Then block b reads the value that block b + 1 wrote.
template <int W>
KGLOBAL KBOUNDS(1024) void grid_barrier(u32* arrived, u32* slot, u32* out) {
  const u32 b = k_block();
  if (k_tid() == 0) {
    slot[b] = b + 100;
    k_fence();
    k_atomic_add_device(arrived, 1U);
    while (k_atomic_load_device(arrived) < k_blocks()) {
    }
    k_fence();
  }
  k_sync();
  if (k_tid() == k_threads() - 1) out[b] = slot[(b + 1) % k_blocks()];
}

/// Lane 0 of each wave waits for its last lane by an atomic. Needs independently scheduled lanes.
template <int W>
KGLOBAL KBOUNDS(1024) void lane_waits(u32* flag, u32* out) {
  const u32 t = k_tid();
  u32* own = flag + t / W;
  if (t % W == 0) {
    while (k_atomic_load_device(own) == 0U) {
    }
    out[t / W] = 1;
  } else if (t % W == W - 1) {
    k_atomic_store_device(own, 1U);
  }
}

/// A histogram in shared memory, then in global memory: order does not matter.
struct HistogramShared {
  u32 count[16];
};
template <int W>
KGLOBAL KBOUNDS(1024) void histogram(const u32* x, u32 n, u32* count) {
  K_SHARED(HistogramShared, s);
  if (k_tid() < 16) s.count[k_tid()] = 0;
  k_sync();
  for (u32 i = k_block() * k_threads() + k_tid(); i < n; i += k_blocks() * k_threads()) {
    k_atomic_add_block(&s.count[x[i] % 16], 1U);
  }
  k_sync();
  if (k_tid() < 16) k_atomic_add_device(&count[k_tid()], s.count[k_tid()]);
}

/// Writes the block and thread numbers that each thread reads.
template <int W>
KGLOBAL KBOUNDS(1024) void identity(u32* out) {
  const u32 block = k_block() + k_blocks() * (k_block_y() + k_blocks_y() * k_block_z());
  out[block * k_threads() + k_tid()] = block * 4096 + k_tid();
}

struct NoShared {};

#define SCHEDULE_ENTRIES(W)                                                      \
  K_ENTRY("tree_sum<w" #W ">", tree_sum<W>, W, 1024, ReduceShared),              \
      K_ENTRY("wave_words<w" #W ">", wave_words<W>, W, 1024, NoShared),          \
      K_ENTRY("quarter_ring<w" #W ">", quarter_ring<W>, W, 1024, QuarterShared), \
      K_ENTRY("grid_barrier<w" #W ">", grid_barrier<W>, W, 1024, NoShared),      \
      K_ENTRY("lane_waits<w" #W ">", lane_waits<W>, W, 1024, NoShared),          \
      K_ENTRY("histogram<w" #W ">", histogram<W>, W, 1024, HistogramShared),     \
      K_ENTRY("identity<w" #W ">", identity<W>, W, 1024, NoShared)

inline NativeEntries schedule_entries() {
  static const NativeEntry table[] = {SCHEDULE_ENTRIES(32), SCHEDULE_ENTRIES(64)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
