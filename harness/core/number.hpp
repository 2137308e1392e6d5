// 16-bit storage types and their conversions, callable from host and device code. They are separate
// two-byte structs because a library's half type may be a float on the host (Kokkos 5.2.2:
// sizeof(half_t) == 4), and a "bf16" kernel would then never round.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__CUDACC__) || defined(__HIP__)
#define KG_FUNCTION __host__ __device__ inline
#else
#define KG_FUNCTION inline
#endif

namespace kernelgate {

/// bfloat16: the upper half of an IEEE single. 8 significant bits.
struct bf16 {
  std::uint16_t bits;
};

/// IEEE 754 binary16. 11 significant bits, largest finite value 65504.
struct f16 {
  std::uint16_t bits;
};

static_assert(sizeof(bf16) == 2 && sizeof(f16) == 2);

KG_FUNCTION float bits_to_float(std::uint32_t bits) { return __builtin_bit_cast(float, bits); }
KG_FUNCTION std::uint32_t float_to_bits(float x) { return __builtin_bit_cast(std::uint32_t, x); }

KG_FUNCTION float to_float(float x) { return x; }
KG_FUNCTION float to_float(bf16 x) {
  return bits_to_float(static_cast<std::uint32_t>(x.bits) << 16);
}
KG_FUNCTION float to_float(f16 x) {
#if defined(__CUDA_ARCH__)
  float converted;
  asm("cvt.f32.f16 %0, %1;" : "=f"(converted) : "h"(x.bits));
  return converted;
#elif defined(__FLT16_MANT_DIG__) && !defined(__CUDACC__)
  return static_cast<float>(__builtin_bit_cast(_Float16, x.bits));
#else
  const std::uint32_t sign = static_cast<std::uint32_t>(x.bits & 0x8000U) << 16;
  const std::uint32_t exponent = (x.bits >> 10) & 0x1FU;
  const std::uint32_t fraction = x.bits & 0x3FFU;
  if (exponent == 31) return bits_to_float(sign | 0x7F800000U | (fraction << 13));
  if (exponent != 0) return bits_to_float(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float tiny = static_cast<float>(fraction) * 5.9604644775390625e-08F;  // 2^-24, exact
  return bits_to_float(sign | float_to_bits(tiny));
#endif
}

/// Rounds to nearest, ties to even; NaN stays NaN (quiet), overflow becomes infinity.
template <class T>
KG_FUNCTION T from_float(float x);

template <>
KG_FUNCTION float from_float<float>(float x) {
  return x;
}

template <>
KG_FUNCTION bf16 from_float<bf16>(float x) {
  const std::uint32_t bits = float_to_bits(x);
  const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
  const std::uint32_t quiet = (bits >> 16) | 0x40U;
  const bool nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
  return bf16{static_cast<std::uint16_t>(nan ? quiet : rounded)};
}

template <>
KG_FUNCTION f16 from_float<f16>(float x) {
#if defined(__CUDA_ARCH__)
  f16 rounded;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(rounded.bits) : "f"(x));
  return rounded;
#elif defined(__FLT16_MANT_DIG__) && !defined(__CUDACC__)
  return f16{__builtin_bit_cast(std::uint16_t, static_cast<_Float16>(x))};
#else
  const std::uint32_t bits = float_to_bits(x);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t size = bits & 0x7FFFFFFFU;
  if (size > 0x7F800000U) {  // NaN: keep the upper payload bits, make it quiet
    return f16{static_cast<std::uint16_t>(sign | 0x7E00U | ((size >> 13) & 0x3FFU))};
  }
  if (size >= 0x477FF000U) return f16{static_cast<std::uint16_t>(sign | 0x7C00U)};  // >= 65520
  if (size < 0x38800000U) {  // below 2^-14: adding 0.5 rounds at the subnormal's last place
    const float shifted = bits_to_float(size) + 0.5F;
    return f16{static_cast<std::uint16_t>(sign | (float_to_bits(shifted) - 0x3F000000U))};
  }
  const std::uint32_t odd = (size >> 13) & 1U;
  return f16{static_cast<std::uint16_t>(sign | ((size - 0x38000000U + 0xFFFU + odd) >> 13))};
#endif
}

}  // namespace kernelgate
