// Storage types of two bytes and their conversions: the same bits on every target, but for which
// NaN a NaN becomes. Rounding is to nearest, ties to even, once. A target has instructions for
// them, or takes number_bits.hpp: k_widen_f16, k_narrow_f16 and k_narrow_bf16 are defined before.
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
KDEV float k_to_float(F16 x) { return k_widen_f16(x.bits); }

/// T of a float: a NaN stays a quiet NaN, what is too large becomes infinity.
template <class T>
KDEV T k_from_float(float x);

template <>
KDEV float k_from_float<float>(float x) {
  return x;
}
template <>
KDEV Bf16 k_from_float<Bf16>(float x) {
  return Bf16{k_narrow_bf16(x)};
}
template <>
KDEV F16 k_from_float<F16>(float x) {
  return F16{k_narrow_f16(x)};
}

}  // namespace KG_FLAVOUR
}  // namespace kernelgate
