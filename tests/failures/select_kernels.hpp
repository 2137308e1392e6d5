// A small top-k kernel, correct and with the observed failures of top-k kernels (spec 12.4), and a
// grammar bitmask. One block per row and one slot per round: slow, but short.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

enum class SelectFault {
  none,
  template_threads,    // K2: strides as if 512 threads ran
  unfilled_slots,      // K4: slots beyond the row's end are never written
  nan_compares_false,  // K5: compared as floats, so NaN is skipped
  upper_bits_only,     // K6: values that differ only in the low bits compare equal
  finite_start,        // K7: the search starts at -FLT_MAX
  first_comer,         // K8: among equals, the last writer wins
  padding_counts,      // K11: padding columns are read too
};

template <int W>
struct SelectShared {
  u64 best[1024 / W];
  u32 chosen;
};
struct OverSixtyFourKib {
  unsigned char bytes[66032];
};
struct OverNinetyNineKib {
  unsigned char bytes[101380];
};
struct HundredSixtyKib {
  unsigned char bytes[163840];
};

KDEV u32 select_order(u32 bits) { return (bits >> 31) != 0 ? ~bits : bits | 0x80000000U; }

/// x: f32 [rows, columns] as bits. y [rows, k]: positions ordered by (value descending, position
/// ascending), 0xFFFFFFFF beyond the row's end. z: columns, valid columns, k.
template <int W, SelectFault fault>
KGLOBAL KBOUNDS(1024) void select_best(const u32* x, u32* y, u32* z, u32) {
  K_SHARED(SelectShared<W>, s);
  const u32 columns = z[0], valid = z[1], k = z[2];
  const u32 t = k_tid();
  const u32 end = fault == SelectFault::padding_counts ? columns : valid;
  const u32 stride = fault == SelectFault::template_threads ? 512 : k_threads();
  const u32* row = x + static_cast<u64>(k_block()) * columns;
  u32* slots = y + static_cast<u64>(k_block()) * k;
  u64 last = ~u64{0};
  for (u32 j = 0; j < k; ++j) {
    u64 best = fault == SelectFault::finite_start ? u64{select_order(0xFF7FFFFFU)} << 32 : 0;
    for (u32 i = t; i < end; i += stride) {
      u32 order = select_order(row[i]);
      if (fault == SelectFault::upper_bits_only) order &= 0xFFFFF800U;
      if (fault == SelectFault::nan_compares_false && !(k_float(row[i]) >= -INFINITY)) continue;
      const u64 key = u64{order} << 32 | static_cast<u32>(~i);
      if (key < last) best = k_max(best, key);
    }
    best = k_wave_max<W>(best);
    if (t % W == 0) s.best[t / W] = best;
    k_sync();
    for (u32 wave = 0; wave < k_threads() / W; ++wave) best = k_max(best, s.best[wave]);
    if (fault == SelectFault::first_comer && best != 0) {
      for (u32 i = t; i < end; i += stride) {
        const u64 key = u64{select_order(row[i])} << 32 | static_cast<u32>(~i);
        if (key >> 32 == best >> 32 && key < last) k_atomic_exchange_block(&s.chosen, i);
      }
      k_sync();
      best = (best >> 32) << 32 | static_cast<u32>(~k_atomic_or_block(&s.chosen, 0));
    }
    const bool found = best != 0;
    if (t == 0 && (found || fault != SelectFault::unfilled_slots)) {
      slots[j] = found ? static_cast<u32>(~best) : ~0U;
    }
    last = found ? best : 0;
    k_sync();
  }
}

/// Writes the whole of its shared memory. Unsupported on devices with less.
template <int W, class Shared>
KGLOBAL KBOUNDS(1024) void fills_shared(const u32* x, u32* y, u32*, u32) {
  K_SHARED(Shared, s);
  for (u32 i = k_tid(); i < sizeof(Shared); i += k_threads()) {
    s.bytes[i] = static_cast<unsigned char>(x[i % 64]);
  }
  k_sync();
  if (k_tid() == 0) y[0] = s.bytes[sizeof(Shared) - 1];
}

enum class MaskFault { none, highest_bit_first, tail_word_left_out };  // K12

/// y[i] = x[i] where bit i % 32 of z[i / 32] is set, else the bits of -inf. n entries.
template <int W, MaskFault fault>
KGLOBAL KBOUNDS(1024) void apply_mask(const u32* x, u32* y, u32* z, u32 n) {
  const u32 i = k_block() * k_threads() + k_tid();
  if (i >= n) return;
  const u32 bit = fault == MaskFault::highest_bit_first ? 31 - i % 32 : i % 32;
  const bool tail = fault == MaskFault::tail_word_left_out && i / 32 == n / 32;
  y[i] = tail || (z[i / 32] >> bit & 1U) != 0 ? x[i] : 0xFF800000U;
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
