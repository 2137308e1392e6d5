// Kernels that do not terminate.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct LoopShared {
  u32 count;
};

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void endless_loop(const u32* x, u32* y, u32*, u32 n) {
  const u32 t = k_tid();
  u32 i = 0;
  while (true) {
    y[t] += x[(t + i) % n];
    ++i;
    if (!bug && i == 8) break;
  }
}

/// With the bug, the number of rounds is read from uninitialised shared memory.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void loop_on_garbage(const u32* x, u32* y, u32*, u32 n) {
  K_SHARED(LoopShared, s);
  const u32 t = k_tid();
  if (!bug && t == 0) s.count = 8;
  k_sync();
  u32 sum = 0;
  for (u32 i = 0; i < s.count; ++i) sum += x[(t + i) % n];
  y[t] = sum;
}

/// The last thread polls two flags in turn; with the bug, one of them is never set.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void lost_flag(const u32*, u32* y, u32* z, u32) {
  const u32 t = k_tid();
  if (t == 0) {
    k_atomic_store_device(z, 1U);
    if (!bug) k_atomic_store_device(z + 1, 1U);
  }
  if (t == k_threads() - 1) {
    u32 set = 0;
    while (set != 2) {
      set = k_atomic_load_device(z);
      set += k_atomic_load_device(z + 1);
    }
  }
  y[t] = t;
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void endless_votes(const u32*, u32* y, u32*, u32) {
  u32 i = 0;
  while (k_any<W>(bug || i < 4)) ++i;
  y[k_tid()] = i;
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void endless_barriers(const u32*, u32* y, u32*, u32) {
  u32 i = 0;
  while (bug || i < 4) {
    k_sync();
    ++i;
  }
  y[k_tid()] = i;
}

template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void endless_fences(const u32*, u32* y, u32*, u32) {
  u32 i = 0;
  while (bug || i < 4) {
    k_fence();
    ++i;
  }
  y[k_tid()] = i;
}

/// Multiplies an odd number by 5, which is never 0: a loop in registers, which counts no step.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void silent_loop(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  u32 v = 2 * x[t] + 1;
  for (u32 i = 0; v != 0 && (bug || i < 8); ++i) {
    v *= 5;
    asm volatile("" : "+r"(v));  // NOLINT(hicpp-no-assembler): keeps the loop at every -O
  }
  y[t] = v;
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
