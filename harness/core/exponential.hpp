// Exponential noise with the same bits on every machine and device. The log functions of two
// libraries differ in the last place, so a sampler that draws argmax p/eps would draw other tokens.
// Inexact products are added only by explicit fma, so contraction by a compiler changes nothing.
#pragma once

#include <cstdint>

#include "harness/core/number.hpp"
#include "harness/core/random.hpp"

namespace kernelgate {

/// ln x of a normal positive double, to within 1 ulp. Not for zero, subnormals, infinity or NaN.
KG_FUNCTION double portable_log(double x) {
  // x = 2^e m with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh(s), s = (m - 1) / (m + 1).
  const std::uint64_t bits = __builtin_bit_cast(std::uint64_t, x);
  const std::uint64_t shifted = bits - 0x3FE6A09E667F3BCDULL;  // bits of sqrt(1/2)
  const double e = static_cast<double>(static_cast<std::int64_t>(shifted) >> 52);
  const double m =
      __builtin_bit_cast(double, (shifted & 0x000FFFFFFFFFFFFFULL) + 0x3FE6A09E667F3BCDULL);
  const double f = m - 1;  // exact
  const double s = f / (f + 2);
  const double z = s * s;
  // atanh(s) = s + s z (1/3 + z/5 + z^2/7 + ...); |s| < 0.1716: 10 terms leave less than 2^-55.
  double series = 1.0 / 23;
  series = __builtin_fma(series, z, 1.0 / 21);
  series = __builtin_fma(series, z, 1.0 / 19);
  series = __builtin_fma(series, z, 1.0 / 17);
  series = __builtin_fma(series, z, 1.0 / 15);
  series = __builtin_fma(series, z, 1.0 / 13);
  series = __builtin_fma(series, z, 1.0 / 11);
  series = __builtin_fma(series, z, 1.0 / 9);
  series = __builtin_fma(series, z, 1.0 / 7);
  series = __builtin_fma(series, z, 1.0 / 5);
  series = __builtin_fma(series, z, 1.0 / 3);
  // 2 atanh(s) = f - s (f - 2 z series): f is exact, so its error stays out of the result.
  const double rest = __builtin_fma(-2 * z, series, f);
  // ln 2 = its upper 32 bits, whose product with e is exact, and the rest.
  const double low = __builtin_fma(e, 0x1.a39ef35793c76p-33, -(s * rest));
  const double high = e * 0x1.62e42feep-1;
  const double sum = high + f;
  const double error = e == 0 ? 0 : f - (sum - high);
  return sum + (error + low);
}

/// -ln u, u = (word + 0.5) / 2^32: a draw from Exp(1), always positive and finite.
KG_FUNCTION double exponential_of(std::uint32_t word) {
  return -portable_log((static_cast<double>(word) + 0.5) * 0x1p-32);
}

/// Identifies a draw: token of the vocabulary, position, rollout, round.
struct DrawCounter {
  std::uint32_t token = 0, position = 0, rollout = 0, round = 0;
};

/// The noise of one vocabulary entry: first Philox word of its counter under the seed.
KG_FUNCTION double exponential_noise(std::uint64_t seed, DrawCounter at) {
  return exponential_of(
      philox4x32(PhiloxWords{{at.token, at.position, at.rollout, at.round}}, seed).word[0]);
}

}  // namespace kernelgate
