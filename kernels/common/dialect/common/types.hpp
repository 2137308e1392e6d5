// Basic types of a kernel body: integers of fixed width, and floats to bits and back. A target's
// dialect.hpp defines KG_BUILD_MODE and KDEV (a device function, forced inline) first.
#pragma once

#include <cstdint>

#ifndef K_UNROLL
#define K_UNROLL  // before a loop of known count: requests unrolling where that pays
#endif

// Executors report the line of a synchronising call. A dialect function that makes such calls takes
// its caller's line as its last parameter and passes it on.
#ifndef K_SITE
#define K_SITE_PARAMETER
#define K_SITE
#define K_SITE_ALONE
#endif

namespace kernelgate {
inline namespace KG_BUILD_MODE {

using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

KDEV u32 k_bits(float x) { return __builtin_bit_cast(u32, x); }
KDEV u64 k_bits(double x) { return __builtin_bit_cast(u64, x); }
KDEV float k_float(u32 bits) { return __builtin_bit_cast(float, bits); }
KDEV double k_double(u64 bits) { return __builtin_bit_cast(double, bits); }

/// Minimum and maximum. Each is a single comparison, so that a target's own choice between two
/// zeros or for a NaN has no effect: a NaN in `a` is returned, a NaN in `b` is not.
template <class T>
KDEV T k_min(T a, T b) {
  return b < a ? b : a;
}
template <class T>
KDEV T k_max(T a, T b) {
  return a < b ? b : a;
}
/// The number of pieces of size `piece` that cover `extent`; the last one may be shorter.
KDEV u32 k_pieces(u32 extent, u32 piece) { return (extent + piece - 1) / piece; }

KDEV float k_abs(float x) { return k_float(k_bits(x) & 0x7FFFFFFFU); }
KDEV double k_abs(double x) { return k_double(k_bits(x) & 0x7FFFFFFFFFFFFFFFULL); }
KDEV i32 k_abs(i32 x) { return x < 0 ? -x : x; }
KDEV bool k_isnan(float x) { return (k_bits(x) & 0x7FFFFFFFU) > 0x7F800000U; }
KDEV bool k_isnan(double x) { return (k_bits(x) & 0x7FFFFFFFFFFFFFFFULL) > 0x7FF0000000000000ULL; }

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
