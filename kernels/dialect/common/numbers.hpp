// Storage types of two bytes and their conversions, in integer arithmetic alone: the same bits on
// every target, NaNs included. Rounding is to nearest, ties to even, once.
#pragma once

#include "kernels/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_FLAVOUR {

/// bfloat16, the upper half of an IEEE single: 8 significant bits.
struct Bf16 {
  u16 bits;
};
/// IEEE 754 binary16: 11 significant bits, largest finite value 65504.
struct F16 {
  u16 bits;
};
static_assert(sizeof(Bf16) == 2 && sizeof(F16) == 2);

KDEV float k_to_float(float x) { return x; }
KDEV float k_to_float(Bf16 x) { return k_float(static_cast<u32>(x.bits) << 16); }
KDEV float k_to_float(F16 x) {
  const u32 sign = static_cast<u32>(x.bits & 0x8000U) << 16;
  const u32 size = x.bits & 0x7FFFU;
  // In place the exponent is 112 too small; 2^112 mends that for subnormals too, exactly.
  const float value = k_float(size << 13) * 0x1p112F;
  const u32 infinite = size >= 0x7C00U ? 0x7F800000U : 0U;
  return k_float(sign | k_bits(value) | infinite);
}

/// T of a float: a NaN stays a quiet NaN, what is too large becomes infinity.
template <class T>
KDEV T k_from_float(float x);

template <>
KDEV float k_from_float<float>(float x) {
  return x;
}
template <>
KDEV Bf16 k_from_float<Bf16>(float x) {
  const u32 bits = k_bits(x);
  const u32 rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
  const u32 quiet = (bits >> 16) | 0x40U;
  return Bf16{static_cast<u16>(k_isnan(x) ? quiet : rounded)};
}
template <>
KDEV F16 k_from_float<F16>(float x) {
  const u32 bits = k_bits(x);
  const u32 sign = (bits >> 16) & 0x8000U;
  const u32 size = bits & 0x7FFFFFFFU;
  // Below 2^-14 the sum with 0.5 rounds at the subnormals' last place, 2^-24.
  const u32 subnormal = k_bits(k_float(size) + 0.5F) - 0x3F000000U;
  const u32 normal = (size - 0x38000000U + 0xFFFU + ((size >> 13) & 1U)) >> 13;
  u32 half = size < 0x38800000U ? subnormal : normal;
  if (size >= 0x477FF000U) half = 0x7C00U;  // 65520 and more
  if (size > 0x7F800000U) half = 0x7E00U | ((size >> 13) & 0x3FFU);
  return F16{static_cast<u16>(sign | half)};
}

}  // namespace KG_FLAVOUR
}  // namespace kernelgate
