// cca_attention, native: what all its kernels know of a query row - where it lies, which keys it
// sees - and how keys reach shared memory.
#pragma once

#include <dialect.hpp>

#include "kernels/cca_attention/cca_attention_launch.hpp"
#include "kernels/dialect/common/attention.hpp"

namespace kernelgate {
inline namespace KG_FLAVOUR {

/// One kv head of one sequence. Query rows are counted token by token, the heads of a token's
/// group side by side: neighbours read the same keys.
struct AttentionHead {
  const CcaAttentionLaunch& a;
  u32 b, j;

  KDEV u32 group() const { return a.heads / a.kv_heads; }
  KDEV u32 row_count() const { return a.tokens * group(); }
  /// Number of query row r among all (sequence, token, head).
  KDEV u64 query(u32 r) const {
    return (static_cast<u64>(b) * a.tokens + r / group()) * a.heads + j * group() + r % group();
  }
  KDEV u64 key(u32 s) const { return ((static_cast<u64>(b) * a.rows + s) * a.kv_heads + j) * a.d; }
  /// Token t stands at row end - tokens + t; a window of W keys counts its own.
  KDEV AttentionRange seen_by(u32 token) const {
    const i32 first = a.valid[2 * b], end = a.valid[2 * b + 1];
    const i32 own = end - static_cast<i32>(a.tokens) + static_cast<i32>(token);
    const i32 oldest = a.window != 0 ? own - static_cast<i32>(a.window) + 1 : first;
    return {k_max(first, oldest), own + 1};
  }
  /// All keys that rows [r, r + count) see; begin = end where they see none.
  KDEV AttentionRange seen_by_rows(u32 r, u32 count) const {
    const i32 begin = seen_by(r / group()).begin;
    const i32 end = seen_by((r + count - 1) / group()).end;
    return {begin, k_max(begin, end)};
  }
  /// Whether rows of heads begin at 16-byte boundaries.
  template <class T>
  KDEV bool aligned() const {
    return a.d % attention_wide<T> == 0;
  }
};

/// A thread's share of one tile of K or V, on its way from the cache to shared memory in accesses
/// of 16 bytes: the n-th of its accesses is line(n), from column(n) on. Keys from `end` on become
/// zeros: their rows may hold NaN, and 0 NaN is NaN.
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

}  // namespace KG_FLAVOUR
}  // namespace kernelgate
