// Loads and stores neighbouring elements as floats with the widest accesses available. Include
// after <dialect.hpp>.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Number of T values in one 16-byte access.
template <class T>
inline constexpr int k_widest = static_cast<int>(16 / sizeof(T));

/// Loads N values from p, which is aligned to min(N * sizeof(T), 16) bytes.
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

/// Stores N values at p, aligned likewise; each value is rounded once.
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

/// Loads row[at] .. row[at + 3] of a row of `count` values, zeros beyond its end. `wide`: the row
/// begins at a multiple of four values, and its length is a multiple of four.
template <class T>
KDEV void k_load_four(const T* row, u32 at, u32 count, bool wide, float (&out)[4]) {
  if (wide && at < count) {
    k_load_floats(row + at, out);
    return;
  }
  K_UNROLL
  for (u32 j = 0; j < 4; ++j) out[j] = at + j < count ? k_to_float(row[at + j]) : 0.0F;
}

/// Stores a result at y_f32[at] where that is not null, else rounded at y[at].
template <class T>
KDEV void k_store_result(T* y, float* y_f32, u64 at, float value) {
  if (y_f32 != nullptr) {
    y_f32[at] = value;
  } else {
    y[at] = k_from_float<T>(value);
  }
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
