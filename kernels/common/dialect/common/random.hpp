// Random draws of the sampler with the same bits as harness/core: Philox, the natural logarithm in
// double, and noise from Exp(1). Restated here because a kernel's code is in its unit's own
// namespace.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// ln x of a normal positive double, to within 1 ulp, by the algorithm of
/// harness/core/exponential.hpp. Not for zero, subnormals, infinity or NaN.
KDEV double k_log_double(double x) {
  // x = 2^e m with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh(s), s = (m - 1) / (m + 1).
  const u64 shifted = k_bits(x) - 0x3FE6A09E667F3BCDULL;  // bits of sqrt(1/2)
  const double e = static_cast<double>(static_cast<i64>(shifted) >> 52);
  const double f = k_double((shifted & 0x000FFFFFFFFFFFFFULL) + 0x3FE6A09E667F3BCDULL) - 1;
  const double s = f / (f + 2);
  const double z = s * s;
  // atanh(s) = s + s z (1/3 + z/5 + z^2/7 + ...)
  double series = 1.0 / 23;
  series = k_fma(series, z, 1.0 / 21);
  series = k_fma(series, z, 1.0 / 19);
  series = k_fma(series, z, 1.0 / 17);
  series = k_fma(series, z, 1.0 / 15);
  series = k_fma(series, z, 1.0 / 13);
  series = k_fma(series, z, 1.0 / 11);
  series = k_fma(series, z, 1.0 / 9);
  series = k_fma(series, z, 1.0 / 7);
  series = k_fma(series, z, 1.0 / 5);
  series = k_fma(series, z, 1.0 / 3);
  // 2 atanh(s) = f - s (f - 2 z series). ln 2 is in two parts; the product with the upper one is
  // exact.
  const double rest = k_fma(-2 * z, series, f);
  const double low = k_fma(e, 0x1.a39ef35793c76p-33, -(s * rest));
  const double high = e * 0x1.62e42feep-1;
  const double sum = high + f;
  const double error = e == 0 ? 0 : f - (sum - high);
  return sum + (error + low);
}

/// -ln u, u = (word + 0.5) / 2^32: a draw from Exp(1), positive and finite.
KDEV double k_exponential(u32 word) {
  return -k_log_double((static_cast<double>(word) + 0.5) * 0x1p-32);
}

/// Philox 4x32-10 (Salmon et al., SC 2011): four words from a 128-bit counter and a 64-bit key.
struct KPhilox {
  u32 word[4];
};
KDEV KPhilox k_philox(KPhilox counter, u64 key) {
  u32 k0 = static_cast<u32>(key);
  u32 k1 = static_cast<u32>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const u64 p0 = static_cast<u64>(0xD2511F53U) * counter.word[0];
    const u64 p1 = static_cast<u64>(0xCD9E8D57U) * counter.word[2];
    counter = KPhilox{{static_cast<u32>(p1 >> 32) ^ counter.word[1] ^ k0, static_cast<u32>(p1),
                       static_cast<u32>(p0 >> 32) ^ counter.word[3] ^ k1, static_cast<u32>(p0)}};
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return counter;
}

/// The noise of one vocabulary entry, as exponential_noise in harness/core/exponential.hpp.
KDEV double k_exponential_noise(u64 seed, u32 token, u32 position, u32 rollout, u32 round) {
  return k_exponential(k_philox(KPhilox{{token, position, rollout, round}}, seed).word[0]);
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
