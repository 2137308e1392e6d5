// Parts of attention that do not depend on how keys are stored: 16-byte pieces of stored rows, a
// softmax over keys that arrive in chunks, and the merge of splits of the keys. Scores are
// exponents of 2. Include after <dialect.hpp>.
#pragma once

#include "kernels/common/dialect/common/attention_splits.hpp"
#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Elements of T that a 16-byte access moves.
template <class T>
inline constexpr int attention_wide = 16 / static_cast<int>(sizeof(T));

KDEV float attention_nothing() { return k_float(0xFF800000U); }  // -infinity: no key seen yet

/// Cache rows [begin, end) of one query.
struct AttentionRange {
  i32 begin, end;
};

/// The keys of one split; a split beyond their end gets an empty range.
KDEV AttentionRange attention_split_of(AttentionRange keys, const AttentionSplits& splits,
                                       u32 split) {
  const u32 skipped = k_min(split * splits.keys, static_cast<u32>(keys.end - keys.begin));
  keys.begin += static_cast<i32>(skipped);
  const u32 left = static_cast<u32>(keys.end - keys.begin);
  keys.end = keys.begin + static_cast<i32>(k_min(left, splits.keys));
  return keys;
}

/// Loads N elements from p on, as 0 from index `valid` on. `wide`: the N elements are aligned and
/// are either all valid or all invalid.
template <int N, class T>
KDEV Vec<T, N> attention_take(const T* p, bool wide, u32 valid) {
  if (wide && valid >= N) return k_load<N>(p);
  Vec<T, N> some;
  K_UNROLL
  for (int i = 0; i < N; ++i) {
    some[i] = static_cast<u32>(i) < valid ? p[i] : k_from_float<T>(0.0F);
  }
  return some;
}

/// Softmax state of a query: the maximum exponent so far, the exponent of 2 that weights are
/// relative to, and the factor that rescales older sums when `most` joins. A row that has seen no
/// key keeps weights of 0.
struct AttentionRise {
  float largest, base, shrink;
};
KDEV AttentionRise attention_rise(float before, float most) {
  const float largest = k_max(before, most);
  const float base = largest == attention_nothing() ? 0.0F : largest;
  return {largest, base, k_exp2(before - base)};
}

/// sum / total, or 0 where no key was seen. A NaN is kept.
KDEV float attention_quotient(float sum, float total) {
  return total > 0.0F || k_isnan(total) ? sum / total : 0.0F;
}

/// Element `at` of [query, width]: sum_i 2^(m_i - m) mixed_i / sum_i 2^(m_i - m) total_i, m = max
/// m_i, added in the order of the splits; m_i is `largest`. It merges any number of splits into the
/// result of one pass over all keys.
KDEV float attention_merged(const AttentionSplits& of, u32 width, u64 at) {
  const u64 query = at / width, x = at % width;
  const u32 splits = of.count;
  const float* largest = of.largest + query * splits;
  const float* total = of.total + query * splits;
  const float* mixed = of.mixed + query * splits * width + x;
  float most = attention_nothing();
  for (u32 i = 0; i < splits; ++i) most = k_max(most, largest[i]);
  float all = 0;
  float sum = 0;
  for (u32 i = 0; i < splits; ++i) {
    const float share = attention_rise(largest[i], most).shrink;
    all = k_fma(share, total[i], all);
    sum = k_fma(share, mixed[static_cast<u64>(i) * width], sum);
  }
  return attention_quotient(sum, all);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
