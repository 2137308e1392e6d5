// Vectors of f32 lanes for CPU kernels, as wide as this translation unit's instructions. An
// explicit sum over lanes is the only fast reduction without -ffast-math, and its order is the same
// for every number of threads. Host code only: device kernels use Kokkos' vector lanes.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
// g++ 12 converts vectors of _Float16 one element at a time, and widens 16 integers with four
// shuffles instead of one: row dots in bf16 were limited by these instead of by memory.
#include <immintrin.h>
#endif

#include "harness/core/number.hpp"

namespace kernelgate {
inline namespace lanes_of_this_architecture {

#if defined(__AVX512F__)
inline constexpr int lane_count = 16;
#elif defined(__AVX2__)
inline constexpr int lane_count = 8;
#else
inline constexpr int lane_count = 4;
#endif

/// lane_count floats, with element-wise + - * /.
using Lanes [[gnu::vector_size(4 * lane_count)]] = float;
using LaneBits [[gnu::vector_size(4 * lane_count)]] = std::uint32_t;
using LaneHalves [[gnu::vector_size(2 * lane_count)]] = std::uint16_t;

[[gnu::always_inline]] inline Lanes all_lanes(float x) { return x - Lanes{}; }

[[gnu::always_inline]] inline Lanes load_lanes(const float* from) {
  Lanes x;
  std::memcpy(&x, from, sizeof(x));
  return x;
}
[[gnu::always_inline]] inline Lanes load_lanes(const bf16* from) {
#if defined(__AVX512F__)
  const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return reinterpret_cast<Lanes>(
      _mm512_maskz_slli_epi32(0xFFFF, _mm512_maskz_cvtepu16_epi32(0xFFFF, halves), 16));
#elif defined(__AVX2__)
  const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return reinterpret_cast<Lanes>(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
#else
  LaneHalves halves;
  std::memcpy(&halves, from, sizeof(halves));
  return reinterpret_cast<Lanes>(__builtin_convertvector(halves, LaneBits) << 16);
#endif
}
[[gnu::always_inline]] inline Lanes load_lanes(const f16* from) {
#if defined(__AVX512F__)
  // maskz: the plain form starts from an uninitialised register, which g++ 12 warns about
  return _mm512_maskz_cvtph_ps(0xFFFF, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
#elif defined(__AVX2__) && defined(__F16C__)
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#else
  float x[lane_count];
  for (int i = 0; i < lane_count; ++i) x[i] = to_float(from[i]);
  return load_lanes(x);
#endif
}

[[gnu::always_inline]] inline void store_lanes(float* to, Lanes x) {
  std::memcpy(to, &x, sizeof(x));
}
[[gnu::always_inline]] inline void store_lanes(bf16* to, Lanes x) {
  const LaneBits bits = reinterpret_cast<LaneBits>(x);
  const LaneBits rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
  const LaneBits quiet = (bits >> 16) | 0x40U;
  const auto nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
  const LaneHalves halves = __builtin_convertvector(nan ? quiet : rounded, LaneHalves);
  std::memcpy(to, &halves, sizeof(halves));
}
[[gnu::always_inline]] inline void store_lanes(f16* to, Lanes x) {
#if defined(__AVX512F__)
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                      _mm512_maskz_cvtps_ph(0xFFFF, x, _MM_FROUND_TO_NEAREST_INT));
#elif defined(__AVX2__) && defined(__F16C__)
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
#else
  float each[lane_count];
  std::memcpy(each, &x, sizeof(x));
  for (int i = 0; i < lane_count; ++i) to[i] = from_float<f16>(each[i]);
#endif
}

/// Sum of the lanes, as a tree.
[[gnu::always_inline]] inline float sum_lanes(Lanes x) {
  using Quad [[gnu::vector_size(16)]] = float;
  Quad quad[lane_count / 4];
  std::memcpy(quad, &x, sizeof(x));
  if constexpr (lane_count == 16) {
    quad[0] += quad[2];
    quad[1] += quad[3];
  }
  if constexpr (lane_count >= 8) quad[0] += quad[1];
  return (quad[0][0] + quad[0][2]) + (quad[0][1] + quad[0][3]);
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
