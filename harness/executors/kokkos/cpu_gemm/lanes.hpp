// One vector register of f32, as wide as the target has them, and what numbers of a storage type
// become in it. GCC's vector extension: sums in lanes need no relaxed floating point.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "harness/core/number.hpp"

#if defined(__AVX512F__) || defined(__F16C__)
#include <immintrin.h>
#endif

namespace kernelgate {

#if defined(__AVX512F__)
inline constexpr int lane_count = 16;
#elif defined(__AVX2__)
inline constexpr int lane_count = 8;
#else
inline constexpr int lane_count = 4;
#endif

using Lanes = float __attribute__((vector_size(lane_count * 4)));
using LaneBits = std::uint32_t __attribute__((vector_size(lane_count * 4)));
using LaneHalves = std::uint16_t __attribute__((vector_size(lane_count * 2)));

/// One number in all lanes. x - 0 is x whatever x is, and becomes a broadcast; 0 + x would turn -0.
inline Lanes in_all_lanes(float x) { return x - Lanes{}; }

inline Lanes load_lanes(const float* p) {
  Lanes x;
  std::memcpy(&x, p, sizeof x);
  return x;
}
inline Lanes load_lanes(const bf16* p) {
  LaneHalves halves;
  std::memcpy(&halves, p, sizeof halves);
  return __builtin_bit_cast(Lanes, __builtin_convertvector(halves, LaneBits) << 16);
}
inline Lanes load_lanes(const f16* p) {
#if defined(__AVX512F__)  // convertvector of _Float16 is a loop of scalars before AVX512-FP16
  // The masked form, because GCC 12 takes the plain one for a use of an uninitialised register.
  return _mm512_maskz_cvtph_ps(0xFFFF, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
#elif defined(__AVX2__) && defined(__F16C__)
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
#else
  Lanes x;
  for (int i = 0; i < lane_count; ++i) x[i] = to_float(p[i]);
  return x;
#endif
}
/// The first `count` numbers, zeros behind them; reads nothing further.
template <class T>
Lanes load_some_lanes(const T* p, std::int64_t count) {
  T padded[lane_count] = {};
  std::memcpy(padded, p, static_cast<std::size_t>(count) * sizeof(T));
  return load_lanes(padded);
}

inline void store_lanes(float* p, Lanes x) { std::memcpy(p, &x, sizeof x); }
template <class T>
void store_lanes(T* p, Lanes x) {
  T rounded[lane_count];
  for (int i = 0; i < lane_count; ++i) rounded[i] = from_float<T>(x[i]);
  std::memcpy(p, rounded, sizeof rounded);
}
template <class T>
void store_some_lanes(T* p, Lanes x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) p[i] = from_float<T>(x[i]);
}

namespace detail {
template <int Start, int... I>
Lanes interleave(Lanes a, Lanes b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(a, b, ((I % 2 == 0 ? 0 : lane_count) + Start + I / 2)...);
}
}  // namespace detail

/// Transposes lane_count registers of lane_count numbers: interleaving the upper half of the rows
/// with the lower one log2(lane_count) times moves number j of row i to number i of row j.
inline void transpose(Lanes (&rows)[lane_count]) {
  constexpr auto indices = std::make_integer_sequence<int, lane_count>{};
  for (int round = 1; round < lane_count; round *= 2) {
    Lanes mixed[lane_count];
    for (int i = 0; i < lane_count / 2; ++i) {
      const Lanes a = rows[i], b = rows[i + lane_count / 2];
      mixed[2 * i] = detail::interleave<0>(a, b, indices);
      mixed[2 * i + 1] = detail::interleave<lane_count / 2>(a, b, indices);
    }
    for (int i = 0; i < lane_count; ++i) rows[i] = mixed[i];
  }
}

/// The sum of each of `Count` registers: its lanes added in pairs, half with half, a fixed order.
template <int Count>
void sums_of_lanes(const Lanes* x, float* totals) {
  for (int first = 0; first < Count; first += lane_count) {
    constexpr int most = Count < lane_count ? Count : lane_count;
    Lanes block[lane_count] = {};
    for (int i = 0; i < most && first + i < Count; ++i) block[i] = x[first + i];
    transpose(block);
    for (int half = lane_count / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) block[i] += block[i + half];
    }
    store_some_lanes(totals + first, block[0], std::min(lane_count, Count - first));
  }
}

/// e^x to within 1 ulp (tests sample it): x = n ln 2 + r, |r| <= ln 2 / 2, Taylor's series to r^7.
/// Infinity from 88.73 on, 0 below -104, NaN of NaN.
inline Lanes exp_lanes(Lanes x) {
  x = x > 89.0F ? in_all_lanes(89.0F) : x;
  x = x < -104.0F ? in_all_lanes(-104.0F) : x;
  constexpr float round_to_whole = 0x1.8p23F;
  const Lanes shifted = x * 0x1.715476p0F + round_to_whole;
  const Lanes n = shifted - round_to_whole;
  Lanes r = x - n * 0x1.62e400p-1F;  // 15 bits of ln 2: exact product
  r = r - n * 0x1.7f7d1cp-20F;
  Lanes p = in_all_lanes(1.0F / 5040);
  p = p * r + 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r * r + r + 1.0F;
  // 2^n in two steps, as n may be 128 or below -126.
  using LaneInts = std::int32_t __attribute__((vector_size(lane_count * 4)));
  const LaneInts whole = __builtin_bit_cast(LaneInts, shifted) - 0x4B400000;
  const LaneInts half = whole >> 1;
  const Lanes first = __builtin_bit_cast(Lanes, (half + 127) << 23);
  const Lanes second = __builtin_bit_cast(Lanes, (whole - half + 127) << 23);
  return p * first * second;
}

}  // namespace kernelgate
