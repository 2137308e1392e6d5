// Observed failures in routing, experts, attention rows and indices (spec 12.2 and 12.3).
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

enum class ChoiceFault { none, two_slots, last_of_equals };  // R6, R9

/// y[row] = the index of the largest of the row's n numbers, the lowest index among equals. One
/// thread per row.
template <int W, ChoiceFault fault>
KGLOBAL KBOUNDS(1024) void chooses(const u32* x, u32* y, u32*, u32 n) {
  const u32* row = x + static_cast<u64>(k_tid()) * n;
  u32 best = 0;
  const u32 end = fault == ChoiceFault::two_slots ? 2 : n;
  for (u32 e = 1; e < end; ++e) {
    const bool wins =
        fault == ChoiceFault::last_of_equals ? row[e] >= row[best] : row[e] > row[best];
    if (wins) best = e;
  }
  y[k_tid()] = best;
}

/// R7. Doubles rows of 32 numbers, one block per row; z[0] batches of z[1] heads. The original host
/// code sized the grid by batches alone; the bug imitates it: the blocks beyond z[0] do nothing.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void doubles_rows(const u32* x, u32* y, u32* z, u32) {
  const u32 rows = bug ? z[0] : z[0] * z[1];
  if (k_block() >= rows || k_tid() >= 32) return;
  const u32 i = k_block() * 32 + k_tid();
  y[i] = 2 * x[i];
}

/// R8. Copies a batch of n through scratch of 64 entries; the bug assumes scratch for n entries.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void goes_through_scratch(const u32* x, u32* y, u32* z, u32 n) {
  const u32 step = bug ? n : 64;
  for (u32 start = 0; start < n; start += step) {
    const u32 i = start + k_tid();
    if (k_tid() < step && i < n) {
      z[k_tid()] = x[i];
      y[i] = z[k_tid()] + 1;
    }
  }
}

/// R10. y[t] = weight x expert. Bit 0 of x[t] is set if the token skips; its expert output is then
/// infinite.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void combines(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid();
  const bool skips = x[t] % 2 == 1;
  const float expert = skips ? INFINITY : static_cast<float>(x[t]);
  const float weight = skips ? 0.0F : 0.5F;
  y[t] = k_bits(!bug && skips ? 0.0F : weight * expert);
}

/// R11. Sums n bfloat16 weights; the bug reads them as f32.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void sums_weights(const u32*, u32* y, u32* z, u32 n) {
  float sum = 0;
  for (u32 i = 0; i < n; ++i) {
    sum += bug ? reinterpret_cast<const float*>(z)[i]
               : k_to_float(reinterpret_cast<const Bf16*>(z)[i]);
  }
  if (k_tid() == 0) y[0] = k_bits(sum);
}

/// R12. y[0] = the index of the first element of row 65,600 of a matrix of 16 n columns, in units
/// of 2^20.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void finds_a_late_row(const u32* x, u32* y, u32*, u32 n) {
  const i32 row = static_cast<i32>(x[0] * 0 + 65600), columns = static_cast<i32>(16 * n);
  const i64 start = bug ? static_cast<i64>(row * columns) : static_cast<i64>(row) * columns;
  if (k_tid() == 0) y[0] = static_cast<u32>(start >> 20);
}

/// A5. Replaces pairs (t, t + half) of a row by difference and sum in place in shared memory. With
/// the bug, a thread can overwrite its element before the partner has read it.
struct TurnShared {
  u32 row[256];
};
template <int W, bool bug>
KGLOBAL KBOUNDS(256) void turns_in_place(const u32* x, u32* y, u32*, u32) {
  K_SHARED(TurnShared, s);
  const u32 t = k_tid(), half = k_threads() / 2;
  s.row[t] = x[t];
  k_sync();
  const u32 partner = s.row[(t + half) % k_threads()];
  if (!bug) k_sync();
  s.row[t] = t < half ? s.row[t] - partner : s.row[t] + partner;
  k_sync();
  y[t] = s.row[t];
}

/// A8. Softmax over the first x[t] % 4 of four equal scores, one thread per row. A row without
/// scores gives 0; with the bug, 0 / 0.
template <int W, bool bug>
KGLOBAL KBOUNDS(1024) void masked_softmax(const u32* x, u32* y, u32*, u32) {
  const u32 t = k_tid(), allowed = x[t] % 4;
  float sum = 0;
  for (u32 i = 0; i < allowed; ++i) sum += k_exp(0.0F);
  const float share = !bug && allowed == 0 ? 0.0F : (allowed > 0 ? 1.0F : 0.0F) / sum;
  y[t] = k_bits(share);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
