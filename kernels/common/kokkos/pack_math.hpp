// Exponential and related functions on packs. Vectors use series; devices and packs of one use
// Kokkos' functions.
#pragma once

#include "kernels/common/kokkos/pack.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

namespace pack_detail {
inline constexpr float round_to_whole = 0x1.8p23F;  // x + this has no bits below 1
}  // namespace pack_detail

/// 2^x for x <= 127, within 1.3 ulp; 0 below -126 and at -inf, NaN stays NaN. x = n + f with n the
/// nearest integer, so |f| <= 1/2. 2^f is computed by its Taylor series to f^7, whose remainder is
/// (ln 2 / 2)^8 / 8! = 5.2e-9 = 0.09 u of the result. The last Horner step rounds by 1/2 ulp and
/// propagates the rounding of f (ln 2 + ...), at most 0.35 of that; the step before it adds a third
/// of that. On devices: Kokkos::exp2, and 0 below -126.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> exp2(const Pack<float, W>& x) {
  using P = Pack<float, W>;
  const P zero = broadcast<P>(0.0F);
  if constexpr (P::vector) {
    const P shifted = x + pack_detail::round_to_whole;
    const P f = x - (shifted - pack_detail::round_to_whole);
    P series = broadcast<P>(1.52527338e-5F);
    series = series * f + 1.54035304e-4F;
    series = series * f + 1.33335581e-3F;
    series = series * f + 9.61812911e-3F;
    series = series * f + 5.55041087e-2F;
    series = series * f + 2.40226507e-1F;
    series = series * f + 6.93147181e-1F;
    series = series * f + 1.0F;
    const auto exponent = (cast_bits<std::uint32_t>(shifted) + 127U) << 23;
    return select(x < -126.0F, zero, series * cast_bits<float>(exponent));
  } else {
    P p;
    KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = Kokkos::exp2(x[i]);
    return select(x < -126.0F, zero, p);
  }
}

/// e^x within 2 ulp for |x| <= 104; results beyond f32's range are infinity and 0. Vectors: x = n
/// ln 2 + r with |r| <= (ln 2) / 2, where n ln 2 is subtracted in two parts and the first is exact.
/// e^r is computed by its Taylor series to r^7, whose remainder is r^8 / 8! < 5.3e-9 = 0.09 u. 2^n
/// is applied as two factors, because n may be 128 or below -126.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> exp(const Pack<float, W>& x) {
  using P = Pack<float, W>;
  if constexpr (P::vector) {
    constexpr float log2_e = 0x1.715476p0F;
    const P shifted = x * log2_e + pack_detail::round_to_whole;
    const P n = shifted - pack_detail::round_to_whole;
    P r = x - n * 0x1.62e400p-1F;
    r = r - n * 0x1.7f7d1cp-20F;
    P series = broadcast<P>(1.0F / 5040);
    series = series * r + 1.0F / 720;
    series = series * r + 1.0F / 120;
    series = series * r + 1.0F / 24;
    series = series * r + 1.0F / 6;
    series = series * r + 0.5F;
    series = series * r * r + r + 1.0F;
    const P half = x * (0.5F * log2_e) + pack_detail::round_to_whole;
    const P rest = shifted - (half - pack_detail::round_to_whole);
    const auto first = (cast_bits<std::uint32_t>(half) + 127U) << 23;
    const auto second = (cast_bits<std::uint32_t>(rest) + 127U) << 23;
    return series * cast_bits<float>(first) * cast_bits<float>(second);
  } else {
    P p;
    KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = Kokkos::exp(x[i]);
    return p;
  }
}

/// gate / (1 + e^-gate), the activation of SwiGLU. -gate is clamped to the range of exp(), where
/// the quotient has reached its limits.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> silu(const Pack<float, W>& gate) {
  using P = Pack<float, W>;
  const P limit = broadcast<P>(104.0F), negative = broadcast<P>(0.0F) - gate;
  const P above = select(negative > limit, limit, negative);
  const P x = select(above < broadcast<P>(-104.0F), broadcast<P>(-104.0F), above);
  return gate / (exp(x) + 1.0F);
}

/// erf x within 2 ulp (maximum 1.23 in a scan of all floats): the fit of docs/dialect.md, section
/// 3, without the second parts that give it 1 ulp there. On devices and for packs of one:
/// Kokkos::erf.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> erf(const Pack<float, W>& x) {
  using P = Pack<float, W>;
  if constexpr (P::vector) {
    const auto sign = cast_bits<std::uint32_t>(x) & 0x80000000U;
    const P t = cast_bits<float>(cast_bits<std::uint32_t>(x) ^ sign);
    // |x| < 1: x + x p(x^2).
    const P z = t * t;
    P p = broadcast<P>(0x1.4771fcp-14F);
    p = p * z - 0x1.a3515ep-11F;
    p = p * z + 0x1.53f224p-8F;
    p = p * z - 0x1.b7f71ap-6F;
    p = p * z + 0x1.ce2ce6p-4F;
    p = p * z - 0x1.81273ep-2F;
    p = p * z + 0x1.06eba8p-3F;
    const P near = p * t + t;
    // |x| >= 1: 1 - e^(-t h(t)).
    const P u = select(t > 4.0F, broadcast<P>(4.0F), t);
    P h = broadcast<P>(0x1.d571c8p-17F);
    h = h * u - 0x1.6fe2c2p-12F;
    h = h * u + 0x1.ec9d92p-9F;
    h = h * u - 0x1.8967ecp-6F;
    h = h * u + 0x1.b45b1ap-4F;
    h = h * u + 0x1.451aaap-1F;
    h = h * u + 0x1.20f21ep+0F;
    const P far = broadcast<P>(1.0F) - exp(broadcast<P>(0.0F) - u * h);
    return cast_bits<float>(cast_bits<std::uint32_t>(select(t < 1.0F, near, far)) | sign);
  } else {
    P p;
    KG_UNROLL for (int i = 0; i < W; ++i) p.at[i] = Kokkos::erf(x[i]);
    return p;
  }
}

/// x (1 + erf(x / sqrt 2)) / 2: the exact GELU.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION Pack<float, W> gelu(const Pack<float, W>& x) {
  return x * 0.5F * (erf(x * 0.70710678F) + 1.0F);
}

namespace pack_detail {
#if KG_VECTOR_PACKS
// Sine and cosine of angles below 2^23 in magnitude, well within 1 ulp of f32. The angle is reduced
// by multiples of pi/2, which is split into two parts of 30 bits, whose products are exact without
// fused operations, and a remainder. |r| <= pi/4, and the first omitted Taylor terms are below
// 1e-13.
template <int W>
[[gnu::always_inline]] inline void sine_cosine_of(const Pack<float, W>& angle, Pack<float, W>& sine,
                                                  Pack<float, W>& cosine) {
  using Numbers = typename Vector<double, W>::type;
  using Bits = typename Vector<std::int64_t, W>::type;
  const Numbers a = __builtin_convertvector(angle.at, Numbers);
  const Numbers shifted = a * 0.63661977236758134308 + 0x1.8p52;  // 2 / pi; rounds to an integer
  const Numbers quarter = shifted - 0x1.8p52;
  Numbers r = a - quarter * 0x1.921fb54p+0;
  r = r - quarter * 0x1.10b46118p-30;
  r = r - quarter * 0x1.313198a2e037p-61;
  const Numbers z = r * r;
  Numbers s = z * (1.0 / 6227020800.0) - 1.0 / 39916800.0;
  s = s * z + 1.0 / 362880.0;
  s = s * z - 1.0 / 5040.0;
  s = s * z + 1.0 / 120.0;
  s = s * z - 1.0 / 6.0;
  s = s * z * r + r;
  Numbers c = z * (-1.0 / 87178291200.0) + 1.0 / 479001600.0;
  c = c * z - 1.0 / 3628800.0;
  c = c * z + 1.0 / 40320.0;
  c = c * z - 1.0 / 720.0;
  c = c * z + 1.0 / 24.0;
  c = c * z - 0.5;
  c = c * z + 1.0;
  const Bits turns = __builtin_bit_cast(Bits, shifted);  // quarter turns in the low bits
  const auto odd = (turns & 1) != 0;
  const Bits sign_of_sine = (turns & 2) << 62, sign_of_cosine = ((turns + 1) & 2) << 62;
  const Numbers sines = odd ? c : s, cosines = odd ? s : c;
  const Bits sine_bits = __builtin_bit_cast(Bits, sines) ^ sign_of_sine;
  const Bits cosine_bits = __builtin_bit_cast(Bits, cosines) ^ sign_of_cosine;
  sine.at = __builtin_convertvector(__builtin_bit_cast(Numbers, sine_bits), decltype(sine.at));
  cosine.at =
      __builtin_convertvector(__builtin_bit_cast(Numbers, cosine_bits), decltype(cosine.at));
}
#endif
}  // namespace pack_detail

/// Sine and cosine within 2 ulp, of angles below 2^23. On devices and for packs of one: Kokkos'
/// functions.
template <int W>
KOKKOS_FORCEINLINE_FUNCTION void sine_cosine(const Pack<float, W>& angle, Pack<float, W>& sine,
                                             Pack<float, W>& cosine) {
  if constexpr (Pack<float, W>::vector) {
#if KG_VECTOR_PACKS
    pack_detail::sine_cosine_of(angle, sine, cosine);
#endif
  } else {
    KG_UNROLL for (int i = 0; i < W; ++i) {
      sine.at[i] = Kokkos::sin(angle[i]);
      cosine.at[i] = Kokkos::cos(angle[i]);
    }
  }
}

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
