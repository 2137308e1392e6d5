// mla_attention, native: addresses of queries, keys and values, and their loads into shared memory
// in 16-byte chunks.
#pragma once

#include <dialect.hpp>

#include "kernels/common/dialect/common/attention.hpp"
#include "kernels/mla_attention/mla_attention_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// One set of keys of one sequence. Query rows are numbered token by token, with the heads that
/// share the keys consecutive, so that neighbouring rows see the same keys.
template <class T, bool Latent>
struct MlaHead {
  static constexpr int wide = attention_wide<T>;
  const MlaAttentionLaunch& a;
  u32 b, j;

  KDEV u32 row_count() const { return a.tokens * a.group; }
  KDEV u32 width() const { return a.own + a.rope; }
  /// Index of query row r among all (sequence, token, head).
  KDEV u64 query(u32 r) const {
    return (static_cast<u64>(b) * a.tokens + r / a.group) * a.heads + j * a.group + r % a.group;
  }
  /// One past the last row that query row r sees; token t is at row end - tokens + t.
  KDEV i32 end_of(u32 r) const {
    const i32 own = a.valid[2 * b + 1] - static_cast<i32>(a.tokens) + static_cast<i32>(r / a.group);
    return own + 1;
  }
  /// All keys seen by rows [r, r + count); begin = end if they see none.
  KDEV AttentionRange seen_by_rows(u32 r, u32 count) const {
    const i32 begin = a.valid[2 * b];
    return {begin, k_max(begin, end_of(r + count - 1))};
  }
  KDEV const T* cache_row(i32 s) const {
    const u64 row = static_cast<u64>(b) * a.rows + static_cast<u32>(s);
    return static_cast<const T*>(a.cache) + row * (a.rank + a.rope);
  }
  /// The unrotated part of key s; its value begins value_at() components later.
  KDEV const T* own_row(i32 s) const {
    if constexpr (Latent) {
      return cache_row(s);
    } else {
      const u64 row = (static_cast<u64>(b) * a.rows + static_cast<u32>(s)) * a.heads + j;
      return static_cast<const T*>(a.expanded) + row * a.each;
    }
  }
  KDEV u32 value_at() const { return Latent ? 0 : a.own; }
  /// Whether every part of a row begins at a 16-byte boundary and consists of whole 16-byte chunks.
  KDEV bool aligned() const {
    return (a.own % wide | a.rope % wide | a.rank % wide | a.values % wide) == 0;
  }

  // The functions below return component x, or the 16-byte chunk from x on: of query row r out of
  // `count` rows from `first` on, or of key s (its own part, then the rotated one). They return
  // zeros beyond count and width, and from key `end` on, where a row may contain NaN, which a
  // weight of 0 does not remove.
  KDEV T query_element(u32 first, u32 count, u32 r, u32 x) const {
    if (r >= count || x >= width()) return k_from_float<T>(0.0F);
    return static_cast<const T*>(a.q)[query(first + r) * width() + x];
  }
  KDEV Vec<T, wide> query_piece(u32 first, u32 count, u32 r, u32 x) const {
    const bool there = r < count && x < width();
    const T* q = static_cast<const T*>(a.q);
    return piece(there ? q + query(first + r) * width() + x : q, there);
  }
  KDEV const T* key_at(i32 s, u32 x) const {
    if constexpr (Latent) {
      return cache_row(s) + x;
    } else {
      return x < a.own ? own_row(s) + x : cache_row(s) + a.rank + (x - a.own);
    }
  }
  KDEV T key_element(i32 s, i32 end, u32 x) const {
    return s < end && x < width() ? *key_at(s, x) : k_from_float<T>(0.0F);
  }
  KDEV Vec<T, wide> key_piece(i32 s, i32 end, u32 x) const {
    const bool there = s < end && x < width();
    return piece(there ? key_at(s, x) : static_cast<const T*>(a.cache), there);
  }
  KDEV T value_element(i32 s, i32 end, u32 x) const {
    return s < end && x < a.values ? own_row(s)[value_at() + x] : k_from_float<T>(0.0F);
  }
  KDEV Vec<T, wide> value_piece(i32 s, i32 end, u32 x) const {
    const bool there = s < end && x < a.values;
    return piece(there ? own_row(s) + value_at() + x : static_cast<const T*>(a.cache), there);
  }
  /// The chunk at `from`, or zeros. The selection follows the load, so that many loads are in
  /// flight.
  KDEV static Vec<T, wide> piece(const T* from, bool there) {
    Vec<T, wide> some = k_load<wide>(from);
    K_UNROLL
    for (int i = 0; i < wide; ++i) some[i] = there ? some[i] : k_from_float<T>(0.0F);
    return some;
  }
};

/// Stores N components of a row of `width`, from x on; components beyond the row are left out.
template <int N, class T>
KDEV void mla_put(T* row, u32 width, u32 x, const Vec<T, N>& some) {
  if (width % N == 0) {
    if (x < width) k_store(row + x, some);
    return;
  }
  K_UNROLL
  for (int i = 0; i < N; ++i) {
    if (x + static_cast<u32>(i) < width) row[x + static_cast<u32>(i)] = some[i];
  }
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
