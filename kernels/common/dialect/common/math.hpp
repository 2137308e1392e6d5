// exp, exp2, log and erf in f32 with the same bits on every target. They are polynomials on k_fma,
// which rounds once everywhere. All other operations here are exact, or a lone sum or product, so
// that compilers have nothing to contract. The coefficients are minimax fits of this project
// (docs/dialect.md). The maximum error over all floats is stated at each function and measured
// against double by kernels/common/dialect/tests/math_test.cpp.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// x times 2^n for n in [-252, 254], rounded once: both factors are normal, and the first product
/// is exact for x in [0.5, 2).
KDEV float k_scale(float x, i32 n) {
  const i32 half = n >> 1;
  const float first = k_float(static_cast<u32>(half + 127) << 23);
  const float second = k_float(static_cast<u32>(n - half + 127) << 23);
  return x * first * second;
}

/// A value rounded to a whole number by adding 1.5 2^23, for |x| < 2^22: as float and as integer.
struct KRounded {
  float value;
  i32 whole;
};
KDEV KRounded k_round_product(float x, float factor) {
  const float magic = 12582912.0F;
  const float shifted = k_fma(x, factor, magic);
  return KRounded{shifted - magic, static_cast<i32>(k_bits(shifted) - k_bits(magic))};
}

/// e^x, error at most 0.89 ulp. Subnormal results are rounded once; infinity above 88.72, 0 below
/// -103.98.
KDEV float k_exp(float x) {
  // x = n ln 2 + r, |r| <= ln 2 / 2; e^r = 1 + (r + r^2 q(r)). The upper part of r is exact.
  const float y = k_min(k_max(x, -104.0F), 89.0F);  // keeps a NaN
  const KRounded n = k_round_product(y, 0x1.715476p+0F);
  const float high = k_fma(n.value, -0x1.62e430p-1F, y);
  const float low = n.value * 0x1.05c610p-29F;
  const float r = k_fma(n.value, 0x1.05c610p-29F, high);
  float q = 0x1.6a234ap-10F;
  q = k_fma(q, r, 0x1.123a6cp-7F);
  q = k_fma(q, r, 0x1.5558f4p-5F);
  q = k_fma(q, r, 0x1.555490p-3F);
  q = k_fma(q, r, 0x1.fffffcp-2F);
  return k_scale(1.0F + (high + k_fma(r * r, q, low)), n.whole);
}

/// 2^x, error at most 0.87 ulp. Exact for whole numbers; infinity from 128 on, 0 from -150 down.
KDEV float k_exp2(float x) {
  const float y = k_min(k_max(x, -151.0F), 129.0F);
  const KRounded n = k_round_product(y, 1.0F);
  const float r = y - n.value;  // exact, |r| <= 1/2; 2^r = 1 + r q(r)
  float q = 0x1.fde4d2p-17F;
  q = k_fma(q, r, 0x1.445d30p-13F);
  q = k_fma(q, r, 0x1.5d8a88p-10F);
  q = k_fma(q, r, 0x1.3b29f2p-7F);
  q = k_fma(q, r, 0x1.c6b08ap-5F);
  q = k_fma(q, r, 0x1.ebfbe0p-3F);
  q = k_fma(q, r, 0x1.62e430p-1F);
  return k_scale(k_fma(q, r, 1.0F), n.whole);
}

/// ln x, error at most 0.86 ulp. -infinity at either zero, NaN for negative x, infinity at
/// infinity. Subnormals are treated like normal numbers.
KDEV float k_log(float x) {
  const bool subnormal = x < 0x1p-126F;
  const u32 bits = k_bits(subnormal ? x * 0x1p25F : x);
  // x = 2^e m with m in [sqrt(1/2), sqrt(2)); f = m - 1 is exact.
  const u32 shifted = bits - 0x3F3504F3U;  // bits of sqrt(1/2)
  const i32 exponent = (static_cast<i32>(shifted) >> 23) - (subnormal ? 25 : 0);
  const float e = static_cast<float>(exponent);
  const float f = k_float((shifted & 0x007FFFFFU) + 0x3F3504F3U) - 1.0F;
  // ln m = f - f^2 / 2 + f^3 p(f)
  float p = 0x1.1457e4p-4F;
  p = k_fma(p, f, -0x1.de3bf6p-4F);
  p = k_fma(p, f, 0x1.e6f03cp-4F);
  p = k_fma(p, f, -0x1.fc2208p-4F);
  p = k_fma(p, f, 0x1.23376cp-3F);
  p = k_fma(p, f, -0x1.555c4ep-3F);
  p = k_fma(p, f, 0x1.99a4b6p-3F);
  p = k_fma(p, f, -0x1.000006p-2F);
  p = k_fma(p, f, 0x1.555548p-2F);
  p = k_fma(p, f, -0.5F);
  // e times the upper 16 bits of ln 2 is exact, and so is the error of its sum with f.
  const float high = e * 0x1.62e400p-1F;
  const float sum = high + f;
  const float error = f - (sum - high);
  const float low = k_fma(e, 0x1.7f7d1cp-20F, error);
  float result = sum + k_fma(f * f, p, low);
  if (k_bits(x) == 0x7F800000U) result = x;
  if (x == 0.0F) result = -k_float(0x7F800000U);
  if (x < 0.0F || k_isnan(x)) result = k_float(0x7FC00000U);
  return result;
}

/// erf x, error at most 0.99 ulp. Exactly odd, bit for bit; 1 from 3.92 on.
KDEV float k_erf(float x) {
  const float t = k_abs(x);
  // Below 1: x + x p(x^2).
  const float z = x * x;
  float p = 0x1.4771fcp-14F;
  p = k_fma(p, z, -0x1.a3515ep-11F);
  p = k_fma(p, z, 0x1.53f224p-8F);
  p = k_fma(p, z, -0x1.b7f71ap-6F);
  p = k_fma(p, z, 0x1.ce2ce6p-4F);
  p = k_fma(p, z, -0x1.81273ep-2F);
  p = k_fma(p, z, 0x1.06eba8p-3F);
  const float near = k_fma(p, x, x);
  // From 1 on: 1 - e^-q with q = -ln erfc t = t h(t). h and q are each kept in two parts, because
  // an error of q enters the result with the weight erfc 1 = 0.16.
  const float u = k_min(t, 4.0F);
  float g = 0x1.d571c8p-17F;
  g = k_fma(g, u, -0x1.6fe2c2p-12F);
  g = k_fma(g, u, 0x1.ec9d92p-9F);
  g = k_fma(g, u, -0x1.8967ecp-6F);
  g = k_fma(g, u, 0x1.b45b1ap-4F);
  g = k_fma(g, u, 0x1.451aaap-1F);
  const float h = k_fma(g, u, 0x1.20f21ep+0F);
  const float h_low = k_fma(g, u, 0x1.20f21ep+0F - h) - 0x1.4f25f8p-25F;
  const float q = u * h;
  const float q_low = k_fma(u, h_low, k_fma(u, h, -q));
  const float e = k_exp(-q);
  const float far = 1.0F - k_fma(-q_low, e, e);
  return t < 1.0F || k_isnan(x) ? near : k_float(k_bits(far) | (k_bits(x) & 0x80000000U));
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
