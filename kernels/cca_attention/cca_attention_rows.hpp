// cca_attention, native: layout and visible keys of query rows, and loading of keys into shared
// memory, for all kernels.
#pragma once

#include <dialect.hpp>

#include "kernels/cca_attention/cca_attention_launch.hpp"
#include "kernels/common/dialect/common/attention.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// One kv head of one sequence. Query rows are numbered token by token, with the heads of a token's
/// group consecutive, so that neighbouring rows read the same keys.
struct AttentionHead {
  const CcaAttentionLaunch& a;
  u32 b, j;

  KDEV u32 group() const { return a.heads / a.kv_heads; }
  KDEV u32 row_count() const { return a.tokens * group(); }
  /// Index of query row r among all (sequence, token, head).
  KDEV u64 query(u32 r) const {
    return (static_cast<u64>(b) * a.tokens + r / group()) * a.heads + j * group() + r % group();
  }
  KDEV u64 key(u32 s) const { return ((static_cast<u64>(b) * a.rows + s) * a.kv_heads + j) * a.d; }
  /// Token t is at row end - tokens + t; a window of W keys includes the token's own.
  KDEV AttentionRange seen_by(u32 token) const {
    const i32 first = a.valid[2 * b], end = a.valid[2 * b + 1];
    const i32 own = end - static_cast<i32>(a.tokens) + static_cast<i32>(token);
    const i32 oldest = a.window != 0 ? own - static_cast<i32>(a.window) + 1 : first;
    return {k_max(first, oldest), own + 1};
  }
  /// All keys seen by rows [r, r + count); begin = end if they see none.
  KDEV AttentionRange seen_by_rows(u32 r, u32 count) const {
    const i32 begin = seen_by(r / group()).begin;
    const i32 end = seen_by((r + count - 1) / group()).end;
    return {begin, k_max(begin, end)};
  }
  /// Whether head rows begin at 16-byte boundaries.
  template <class T>
  KDEV bool aligned() const {
    return a.d % attention_wide<T> == 0;
  }
};

/// A thread's share of one tile of K or V on its way from the cache to shared memory, in 16-byte
/// accesses: access n reads line(n) from column(n) on. Keys from `end` on become zeros, because
/// their rows may contain NaN and 0 NaN is NaN.
template <class T, int D, int Threads>
struct AttentionMove {
  static constexpr int wide = attention_wide<T>;

  KDEV static u32 line(int n) { return (k_tid() + static_cast<u32>(n) * Threads) / (D / wide); }
  KDEV static u32 column(int n) {
    return (k_tid() + static_cast<u32>(n) * Threads) % (D / wide) * wide;
  }
  KDEV static Vec<T, wide> take(const AttentionHead& h, const T* cache, i32 s0, i32 end, int n) {
    const i32 s = s0 + static_cast<i32>(line(n));
    const u32 x = column(n);
    const u32 valid = s < end && x < h.a.d ? h.a.d - x : 0;
    const T* from = cache + (valid != 0 ? h.key(static_cast<u32>(s)) + x : 0);
    return attention_take<wide>(from, h.template aligned<T>(), valid);
  }
};

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
