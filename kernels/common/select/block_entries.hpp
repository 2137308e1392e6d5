// Entries of a row in the dialect, and the sources from which a block reads them. The order is that
// of order_key.hpp as whole numbers; sources are read in pieces of 16 bytes, from global memory or
// from a copy in shared memory.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Key above position: a smaller entry is better, and no two entries of a row are equal (spec 7.2).
using TopKEntry = u64;
/// Sorts after every entry: positions have 31 bits.
inline constexpr TopKEntry top_k_none = ~static_cast<TopKEntry>(0);

/// Bits of T's key. Entries of T are below 2^(32 + key bits), except top_k_none.
template <class T>
inline constexpr u32 top_k_key_bits = 8 * static_cast<u32>(sizeof(T));

/// Negative numbers keep their bits, others flip all but the sign; the map is its own inverse.
KDEV u32 top_k_key(u32 bits, u32 sign) { return (bits & sign) != 0 ? bits : bits ^ (sign - 1); }

KDEV TopKEntry top_k_entry(float x, u32 position) {
  return static_cast<u64>(top_k_key(k_bits(x), 0x80000000U)) << 32 | position;
}
KDEV TopKEntry top_k_entry(Bf16 x, u32 position) {
  return static_cast<u64>(top_k_key(x.bits, 0x8000U)) << 32 | position;
}
KDEV TopKEntry top_k_entry(F16 x, u32 position) {
  return static_cast<u64>(top_k_key(x.bits, 0x8000U)) << 32 | position;
}
/// A value that already is an entry.
KDEV TopKEntry top_k_entry(u64 entry, u32) { return entry; }

/// The number from which an entry was made.
template <class T>
KDEV T top_k_value(TopKEntry entry) {
  return T{static_cast<u16>(top_k_key(static_cast<u32>(entry >> 32), 0x8000U))};
}
template <>
KDEV float top_k_value<float>(TopKEntry entry) {
  return k_float(top_k_key(static_cast<u32>(entry >> 32), 0x80000000U));
}

/// Elements [begin,end) from an address that is a multiple of 16 bytes; element j has
/// position j + offset in the row (mod 2^32).
struct TopKSpan {
  u32 begin, end, offset;

  template <int N, class T>
  KDEV void entries(const Vec<T, N>& x, u32 first, TopKEntry* entry) const {
    K_UNROLL
    for (u32 j = 0; j < N; ++j) {
      const bool inside = first + j >= begin && first + j < end;
      entry[j] = inside ? top_k_entry(x[static_cast<int>(j)], first + j + offset) : top_k_none;
    }
  }
};

/// Pieces of global memory. A whole piece is one load; in the others nothing outside the span is
/// accessed. A piece after the last one has no entries.
template <class T>
struct TopKGlobal {
  static constexpr u32 width = 16 / sizeof(T);
  using Piece = Vec<T, static_cast<int>(width)>;

  const T* data;
  TopKSpan span;

  KDEV u32 pieces() const { return k_pieces(span.end, width); }
  KDEV Piece load(u32 piece) const {
    const u32 first = piece * width;
    if (first >= span.begin && first + width <= span.end) {
      return k_load<static_cast<int>(width)>(data + first);
    }
    Piece x{};
    K_UNROLL
    for (u32 j = 0; j < width; ++j) {
      const bool inside = first + j >= span.begin && first + j < span.end;
      if (inside) x[static_cast<int>(j)] = data[first + j];
    }
    return x;
  }
  KDEV void entries(u32 piece, TopKEntry* entry) const {
    span.entries(load(piece), piece * width, entry);
  }
};

/// The span of n elements from element `first` of a tensor; the first of them is at `position`.
template <class T>
KDEV TopKGlobal<T> top_k_global(const T* tensor, u64 first, u32 n, u32 position) {
  const u32 ahead = static_cast<u32>(first % TopKGlobal<T>::width);
  return TopKGlobal<T>{tensor + (first - ahead), TopKSpan{ahead, ahead + n, position - ahead}};
}

/// As TopKGlobal, while copying every piece into shared memory.
template <class T>
struct TopKStaging {
  static constexpr u32 width = TopKGlobal<T>::width;

  TopKGlobal<T> from;
  T* copy;

  KDEV u32 pieces() const { return from.pieces(); }
  KDEV void entries(u32 piece, TopKEntry* entry) const {
    const auto x = from.load(piece);
    if (piece < pieces()) k_store(copy + piece * width, x);
    from.span.entries(x, piece * width, entry);
  }
};

/// Pieces of that copy.
template <class T>
struct TopKStaged {
  static constexpr u32 width = TopKGlobal<T>::width;

  const T* copy;
  TopKSpan span;

  KDEV u32 pieces() const { return k_pieces(span.end, width); }
  KDEV void entries(u32 piece, TopKEntry* entry) const {
    typename TopKGlobal<T>::Piece x{};
    if (piece < pieces()) x = k_load<static_cast<int>(width)>(copy + piece * width);
    span.entries(x, piece * width, entry);
  }
};

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
