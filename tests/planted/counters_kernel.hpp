// Kernels whose access costs can be computed by hand: reads of shared memory and of a buffer.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct CounterShared {
  u32 v[64 * 33];
};

/// Fills shared memory with consecutive writes, then reads one word per lane at `stride`.
template <int W>
KGLOBAL KBOUNDS(1024) void shared_stride(u32* y, u32 stride) {
  K_SHARED(CounterShared, s);
  const u32 t = k_tid();
  for (u32 i = t; i < 64 * 33; i += k_threads()) s.v[i] = i;
  k_sync();
  y[k_block() * k_threads() + t] = s.v[t % W * stride];
}

template <int W>
KGLOBAL KBOUNDS(1024) void buffer_stride(const u32* x, u32* y, u32 stride, u32 first) {
  const u32 t = k_tid();
  y[k_block() * k_threads() + t] = x[first + t % W * stride];
}

/// Copies four numbers per lane with one vector access, from element `first` on.
template <int W>
KGLOBAL KBOUNDS(1024) void buffer_vectors(const u32* x, u32* y, u32 first) {
  const u32 t = k_tid();
  k_store<4>(y + 4 * t, k_load<4>(x + first + 4 * t));
}

struct NothingCounted {};

// NOLINTBEGIN(bugprone-macro-parentheses): template names
#define COUNTED(kernel, Shared)                           \
  K_ENTRY(#kernel "<w32>", kernel<32>, 32, 1024, Shared), \
      K_ENTRY(#kernel "<w64>", kernel<64>, 64, 1024, Shared)
// NOLINTEND(bugprone-macro-parentheses)

inline NativeEntries counters_entries() {
  static const NativeEntry table[] = {COUNTED(shared_stride, CounterShared),
                                      COUNTED(buffer_stride, NothingCounted),
                                      COUNTED(buffer_vectors, NothingCounted)};
  return {table, sizeof(table) / sizeof(table[0])};
}

#undef COUNTED

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
