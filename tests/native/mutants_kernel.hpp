// A kernel that computes y = 2 x and the sum of x, correct and with one seeded bug per mutant.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

enum class Mutant : int {
  none,
  nothing_written,
  wrong_row,        // the neighbour's value
  missing_barrier,  // between writing and adding up the waves' sums
  past_the_end,     // one store beyond y
  input_written,
  stale_output,   // reads y before it is written
  float_atomics,  // correct, but the order of the sum depends on the schedule
  endless,        // writes its element in an endless loop
};

template <int W>
struct MutantShared {
  float wave[256 / W];
};

/// Grid: blocks of 256 threads over n elements. `total` must be 0 before the launch.
template <int W, Mutant mutant>
KGLOBAL KBOUNDS(256) void mutant_kernel(float* x, float* y, float* total, u32 n) {
  K_SHARED(MutantShared<W>, s);
  const u32 i = k_block() * k_threads() + k_tid();
  const float value = i < n ? x[i] : 0.0F;
  if (mutant != Mutant::nothing_written && i < n) {
    const u32 from = mutant == Mutant::wrong_row ? (i + 1) % n : i;
    y[i] = mutant == Mutant::stale_output ? y[i] + 2 * value : 2 * x[from];
  }
  while (mutant == Mutant::endless && i < n) y[i] = 2 * x[i];
  if (mutant == Mutant::past_the_end && i == n - 1) y[n] = 1;
  if (mutant == Mutant::input_written && i == 0) x[0] = 1;
  if (mutant == Mutant::float_atomics) {
    const float sum = k_wave_sum<W>(value);
    if (k_tid() % W == 0) k_atomic_add_device(total, sum);
    return;
  }
  // Block 0 computes the sum: each wave sums its share of all elements, thread 0 adds the waves'.
  if (k_block() != 0) return;
  float share = 0;
  for (u32 at = k_tid(); at < n; at += k_threads()) {
    if (mutant != Mutant::input_written || at != 0) share += x[at];
  }
  share = k_wave_sum<W>(share);
  if (k_tid() % W == 0) s.wave[k_tid() / W] = share;
  if (mutant != Mutant::missing_barrier) k_sync();
  if (k_tid() == 0) {
    float sum = 0;
    for (u32 wave = 0; wave < k_threads() / W; ++wave) sum += s.wave[wave];
    *total = sum;
  }
}

#define MUTANT_ENTRY(which, W) \
  K_ENTRY(#which "<w" #W ">", (mutant_kernel<W, Mutant::which>), W, 256, MutantShared<W>)
#define MUTANT_ENTRIES(which) MUTANT_ENTRY(which, 32), MUTANT_ENTRY(which, 64)

inline NativeEntries mutants_entries() {
  static const NativeEntry entries[] = {
      MUTANT_ENTRIES(none),         MUTANT_ENTRIES(nothing_written),
      MUTANT_ENTRIES(wrong_row),    MUTANT_ENTRIES(missing_barrier),
      MUTANT_ENTRIES(past_the_end), MUTANT_ENTRIES(input_written),
      MUTANT_ENTRIES(stale_output), MUTANT_ENTRIES(float_atomics),
      MUTANT_ENTRIES(endless)};
  return {entries, sizeof(entries) / sizeof(entries[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
