// bias_balance, native: blocks count their share of the choices in shared memory, integer atomics
// sum the shares (in any order: integers), and one thread per expert computes the step.
#pragma once

#include <dialect.hpp>

#include "kernels/bias_balance/bias_balance_step.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Counters of a block: one table of bins or, if there are few bins, several tables shared by a few
/// waves each, so that fewer lanes contend for one counter.
struct BiasCountShared {
  static constexpr u32 most = 2048;
  u32 count[most];
};

/// Sets the counts to zero before the blocks add to them.
template <int W>
KGLOBAL KBOUNDS(256) void bias_clear_kernel(u64* count, u32 bins) {
  const u32 bin = k_block() * k_threads() + k_tid();
  if (bin < bins) count[bin] = 0;
}

/// Block b counts choices[b * share .. (b + 1) * share). At most BiasCountShared::most bins; share
/// is a multiple of 4.
template <int W>
KGLOBAL KBOUNDS(256) void bias_count_kernel(const i32* choice, u64 tokens, u32 share, u32 bins,
                                            u64* count) {
  K_SHARED(BiasCountShared, s);
  const u32 fit = BiasCountShared::most / bins;
  const u32 tables = k_min(fit, k_threads() / W);
  u32* mine = s.count + k_tid() / W % tables * bins;
  for (u32 i = k_tid(); i < tables * bins; i += k_threads()) s.count[i] = 0;
  k_sync();
  const u64 first = static_cast<u64>(k_block()) * share;
  const u64 end = k_min(first + share, tokens);
  for (u64 t = first + 4 * k_tid(); t < end; t += 4 * k_threads()) {
    if (t + 4 <= end) {
      const Vec<i32, 4> four = k_load<4>(choice + t);
      for (int j = 0; j < 4; ++j) k_atomic_add_block(mine + four[j], 1U);
    } else {
      for (u64 last = t; last < end; ++last) k_atomic_add_block(mine + choice[last], 1U);
    }
  }
  k_sync();
  for (u32 bin = k_tid(); bin < bins; bin += k_threads()) {
    u32 sum = 0;
    for (u32 table = 0; table < tables; ++table) sum += s.count[table * bins + bin];
    if (sum != 0) k_atomic_add_device(count + bin, static_cast<u64>(sum));
  }
}

/// One thread per expert; the skip expert's entries, the last, are unchanged.
template <int W>
KGLOBAL KBOUNDS(256) void bias_step_kernel(const u64* count, float* bias, float* first,
                                           float* second, u32 experts, BiasBalanceStep step) {
  const u32 e = k_block() * k_threads() + k_tid();
  if (e >= experts) return;
  const float excess = static_cast<float>(count[e]) / step.tokens - step.share;
  const float m = k_fma(step.beta1, first[e], step.rest1 * excess);
  const float v = k_fma(step.beta2, second[e], step.rest2 * (excess * excess));
  const float change = (m / step.unbias1) / (k_sqrt(v / step.unbias2) + step.epsilon);
  first[e] = m;
  second[e] = v;
  bias[e] = bias[e] - step.rate * k_fma(step.decay, bias[e], change);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
