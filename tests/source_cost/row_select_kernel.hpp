// The kernel that measures the cost of the source executor. One block finds the k largest of a row
// by radix select: four passes of eight bits over the row and a fifth that collects.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct RowSelectShared {
  u32 count[256];
  u32 prefix, left, taken, ties;
};

/// A key whose unsigned order is the order of the floats.
KDEV u32 row_key(float x) {
  const u32 bits = k_bits(x);
  return bits ^ (bits >> 31 != 0 ? 0xFFFFFFFFU : 0x80000000U);
}

/// out: the positions of the k largest of n, in no particular order.
template <int W>
KGLOBAL KBOUNDS(1024) void row_select(const float* x, u32 n, u32 k, u32* out) {
  K_SHARED(RowSelectShared, s);
  const u32 t = k_tid();
  if (t == 0) {
    s.prefix = 0;
    s.left = k;
    s.taken = 0;
    s.ties = 0;
  }
  for (u32 shift = 32; shift > 0;) {
    shift -= 8;
    if (t < 256) s.count[t] = 0;
    k_sync();
    const u32 prefix = s.prefix;
    for (u32 i = t; i < n; i += k_threads()) {
      const u32 key = row_key(x[i]);
      const bool same = shift == 24 || (key >> (shift + 8)) == prefix;
      if (same) k_atomic_add_block(&s.count[key >> shift & 255U], 1U);
    }
    k_sync();
    if (t == 0) {
      u32 digit = 255;
      u32 left = s.left;
      while (s.count[digit] < left) left -= s.count[digit--];
      s.left = left;
      s.prefix = prefix << 8 | digit;
    }
    k_sync();
  }
  const u32 threshold = s.prefix;
  const u32 ties = s.left;
  for (u32 i = t; i < n; i += k_threads()) {
    const u32 key = row_key(x[i]);
    const bool takes =
        key > threshold || (key == threshold && k_atomic_add_block(&s.ties, 1U) < ties);
    if (takes) out[k_atomic_add_block(&s.taken, 1U)] = i;
  }
}

inline NativeEntries row_select_entries() {
  static const NativeEntry table[] = {
      K_ENTRY("row_select<w32>", row_select<32>, 32, 1024, RowSelectShared),
      K_ENTRY("row_select<w64>", row_select<64>, 64, 1024, RowSelectShared)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
