// Two-byte storage types and their conversions, with the same bits on every target except for which
// NaN a NaN becomes. Conversions round once, to nearest, ties to even. k_widen_f16, k_narrow_f16
// and k_narrow_bf16 must be defined first, by the target's instructions or by number_bits.hpp.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

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

/// Converts a float to T. A NaN stays a quiet NaN; a value that is too large becomes infinity.
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

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
