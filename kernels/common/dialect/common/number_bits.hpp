// Conversions between float and the bits of binary16 and bfloat16 in integer arithmetic, for
// targets without instructions for them. A NaN keeps its upper bits and becomes a quiet one.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

KDEV float k_widen_f16(u16 half) {
  const u32 sign = static_cast<u32>(half & 0x8000U) << 16;
  const u32 size = half & 0x7FFFU;
  // After the shift the exponent is 112 too small; 2^112 corrects it exactly, for subnormals too.
  const float value = k_float(size << 13) * 0x1p112F;
  const u32 infinite = size >= 0x7C00U ? 0x7F800000U : 0U;
  return k_float(sign | k_bits(value) | infinite);
}

KDEV u16 k_narrow_f16(float x) {
  const u32 bits = k_bits(x);
  const u32 sign = (bits >> 16) & 0x8000U;
  const u32 size = bits & 0x7FFFFFFFU;
  // Below 2^-14, adding 0.5 rounds at the last bit of the subnormals, 2^-24.
  const u32 subnormal = k_bits(k_float(size) + 0.5F) - 0x3F000000U;
  const u32 normal = (size - 0x38000000U + 0xFFFU + ((size >> 13) & 1U)) >> 13;
  u32 half = size < 0x38800000U ? subnormal : normal;
  if (size >= 0x477FF000U) half = 0x7C00U;  // 65520 and more
  if (size > 0x7F800000U) half = 0x7E00U | ((size >> 13) & 0x3FFU);
  return static_cast<u16>(sign | half);
}

KDEV u16 k_narrow_bf16(float x) {
  const u32 bits = k_bits(x);
  const u32 rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
  const u32 quiet = (bits >> 16) | 0x40U;
  return static_cast<u16>(k_isnan(x) ? quiet : rounded);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
