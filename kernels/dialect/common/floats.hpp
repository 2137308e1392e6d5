// Several neighbours in storage as floats and back, by the widest accesses there are.
// For kernels to include after <dialect.hpp>.
#pragma once

#include "kernels/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_FLAVOUR {

/// N values of T that one access of 16 bytes moves.
template <class T>
inline constexpr int k_widest = static_cast<int>(16 / sizeof(T));

/// N values from p, which lies at a multiple of min(N * sizeof(T), 16) bytes.
template <int N, class T>
KDEV void k_load_floats(const T* p, float (&out)[N]) {
  constexpr int piece = N < k_widest<T> ? N : k_widest<T>;
  K_UNROLL
  for (int at = 0; at < N; at += piece) {
    const Vec<T, piece> part = k_load<piece>(p + at);
    K_UNROLL
    for (int j = 0; j < piece; ++j) out[at + j] = k_to_float(part[j]);
  }
}

/// The same the other way; each value is rounded once.
template <int N, class T>
KDEV void k_store_floats(T* p, const float (&in)[N]) {
  constexpr int piece = N < k_widest<T> ? N : k_widest<T>;
  K_UNROLL
  for (int at = 0; at < N; at += piece) {
    Vec<T, piece> part;
    K_UNROLL
    for (int j = 0; j < piece; ++j) part[j] = k_from_float<T>(in[at + j]);
    k_store(p + at, part);
  }
}

/// Four values p[at] .. p[at + 3] of a row of `count`, zeros beyond its end. `wide`: the row begins
/// at a multiple of four values, and its length is one.
template <class T>
KDEV void k_load_four(const T* row, u32 at, u32 count, bool wide, float (&out)[4]) {
  if (wide && at < count) {
    k_load_floats(row + at, out);
    return;
  }
  K_UNROLL
  for (u32 j = 0; j < 4; ++j) out[j] = at + j < count ? k_to_float(row[at + j]) : 0.0F;
}

}  // namespace KG_FLAVOUR
}  // namespace kernelgate
