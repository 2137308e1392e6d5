// Tests the dialect's math functions against double: the maximum error in ulp over the floats, edge
// cases, and that contraction changes no bit. KERNELGATE_ALL_FLOATS=1 tests every float instead of
// one in 509.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "harness/core/exponential.hpp"
#include "kernels/common/dialect/tests/math_bits.hpp"

namespace kernelgate::dialect_test {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

std::uint32_t stride() { return std::getenv("KERNELGATE_ALL_FLOATS") != nullptr ? 1 : 509; }

// The distance between neighbouring floats at x.
double ulp_at(double x) {
  const int exponent = std::max(std::ilogb(x), -126);
  return std::ldexp(1.0, exponent - 23);
}

struct Worst {
  double ulp = 0;
  float at = 0;
};

// The maximum error over the floats of one sign whose magnitude has bits up to `last`. Floats whose
// exact result is 0, infinite or beyond f32 are skipped.
template <class Exact>
Worst worst(Function function, std::uint32_t last, bool negative, Exact exact) {
  constexpr int at_once = 4096;
  std::vector<float> got(at_once);
  Worst worst;
  const std::uint32_t sign = negative ? 0x80000000U : 0U;
  for (std::uint64_t first = 0; first <= last; first += std::uint64_t{at_once} * stride()) {
    const auto count =
        static_cast<int>(std::min<std::uint64_t>(at_once, (last - first) / stride() + 1));
    contracted_batch(function, sign | static_cast<std::uint32_t>(first), stride(), count,
                     got.data());
    for (int i = 0; i < count; ++i) {
      const float x = bits_to_float(
          sign | static_cast<std::uint32_t>(first + static_cast<std::uint64_t>(i) * stride()));
      const double want = exact(static_cast<double>(x));
      if (want == 0 || std::abs(want) > 0x1.ffffffp127 || !std::isfinite(want)) continue;
      const double off = std::abs(static_cast<double>(got[static_cast<std::size_t>(i)]) - want);
      if (const double ulp = off / ulp_at(want); ulp > worst.ulp) worst = {ulp, x};
    }
  }
  std::printf("worst error %.4f ulp at %a\n", worst.ulp, static_cast<double>(worst.at));
  return worst;
}

float one(Function function, float x) {
  float y = 0;
  plain_batch(function, float_to_bits(x), 0, 1, &y);
  return y;
}

std::uint32_t bits_of(float x) { return float_to_bits(x); }

TEST(DialectMath, ExpIsWithinOneUlp) {
  const auto exact = [](double x) { return std::exp(x); };
  EXPECT_LT(worst(Function::exp, bits_of(89.0F), false, exact).ulp, 1.0);
  EXPECT_LT(worst(Function::exp, bits_of(104.0F), true, exact).ulp, 1.0);
}

TEST(DialectMath, Exp2IsWithinOneUlp) {
  const auto exact = [](double x) { return std::exp2(x); };
  EXPECT_LT(worst(Function::exp2, bits_of(128.0F), false, exact).ulp, 1.0);
  EXPECT_LT(worst(Function::exp2, bits_of(151.0F), true, exact).ulp, 1.0);
}

TEST(DialectMath, LogIsWithinOneUlp) {
  const auto exact = [](double x) { return std::log(x); };
  EXPECT_LT(worst(Function::log, 0x7F7FFFFFU, false, exact).ulp, 1.0);
}

TEST(DialectMath, ErfIsWithinOneUlp) {
  const auto exact = [](double x) { return std::erf(x); };
  EXPECT_LT(worst(Function::erf, bits_of(5.0F), false, exact).ulp, 1.0);
  EXPECT_LT(worst(Function::erf, bits_of(5.0F), true, exact).ulp, 1.0);
}

TEST(DialectMath, KeepsTheEdgesOfExp) {
  for (const Function function : {Function::exp, Function::exp2}) {
    EXPECT_EQ(one(function, 0.0F), 1.0F);
    EXPECT_EQ(one(function, -0.0F), 1.0F);
    EXPECT_EQ(one(function, infinity), infinity);
    EXPECT_EQ(one(function, -infinity), 0.0F);
    EXPECT_TRUE(std::isnan(one(function, std::nanf(""))));
    EXPECT_EQ(one(function, std::numeric_limits<float>::max()), infinity);
    EXPECT_EQ(one(function, -std::numeric_limits<float>::max()), 0.0F);
    EXPECT_EQ(one(function, std::numeric_limits<float>::denorm_min()), 1.0F);
  }
  EXPECT_EQ(one(Function::exp, 0x1.62e42ep+6F), 0x1.ffff08p+127F);  // the last finite one
  EXPECT_EQ(one(Function::exp, 0x1.62e430p+6F), infinity);
  EXPECT_EQ(one(Function::exp, -103.0F), 0x1p-149F);  // 1.32 2^-149: subnormal, rounded once
  for (int n = -149; n < 128; ++n) {
    EXPECT_EQ(one(Function::exp2, static_cast<float>(n)), std::ldexp(1.0F, n)) << n;
  }
  EXPECT_EQ(one(Function::exp2, 128.0F), infinity);
  EXPECT_EQ(one(Function::exp2, -150.0F), 0.0F);  // half of the minimum: ties to even
}

TEST(DialectMath, KeepsTheEdgesOfLog) {
  EXPECT_EQ(one(Function::log, 1.0F), 0.0F);
  EXPECT_EQ(one(Function::log, 0.0F), -infinity);
  EXPECT_EQ(one(Function::log, -0.0F), -infinity);
  EXPECT_EQ(one(Function::log, infinity), infinity);
  EXPECT_TRUE(std::isnan(one(Function::log, -1.0F)));
  EXPECT_TRUE(std::isnan(one(Function::log, -infinity)));
  EXPECT_TRUE(std::isnan(one(Function::log, std::nanf(""))));
  EXPECT_EQ(one(Function::log, std::numeric_limits<float>::denorm_min()),
            static_cast<float>(-149 * std::log(2.0)));
}

TEST(DialectMath, KeepsTheEdgesOfErf) {
  EXPECT_EQ(bits_of(one(Function::erf, -0.0F)), 0x80000000U);
  EXPECT_EQ(one(Function::erf, infinity), 1.0F);
  EXPECT_EQ(one(Function::erf, -infinity), -1.0F);
  EXPECT_EQ(one(Function::erf, 4.0F), 1.0F);
  EXPECT_TRUE(std::isnan(one(Function::erf, std::nanf(""))));
  for (std::uint32_t bits = 1; bits < bits_of(4.0F); bits += 65521) {
    const float x = bits_to_float(bits);
    EXPECT_EQ(one(Function::erf, -x), -one(Function::erf, x)) << x;
  }
}

TEST(DialectMath, HasTheSameBitsWhateverIsContracted) {
  constexpr int at_once = 4096;
  std::vector<float> plain(at_once), contracted(at_once);
  for (const Function function : {Function::exp, Function::exp2, Function::log, Function::erf}) {
    for (std::uint32_t block = 0; block < 256; ++block) {
      plain_batch(function, block << 24, 4093, at_once, plain.data());
      contracted_batch(function, block << 24, 4093, at_once, contracted.data());
      for (std::size_t i = 0; i < plain.size(); ++i) {
        if (std::isnan(plain[i]) && std::isnan(contracted[i])) continue;
        ASSERT_EQ(bits_of(plain[i]), bits_of(contracted[i])) << static_cast<int>(function);
      }
    }
  }
}

TEST(DialectNumbers, WidenEveryHalfAsTheHarnessDoes) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float want = to_float(f16{half}), got = plain_float_of_f16(half);
    if (std::isnan(want)) {
      ASSERT_TRUE(std::isnan(got)) << bits;
    } else {
      ASSERT_EQ(bits_of(got), bits_of(want)) << bits;
    }
    ASSERT_EQ(bits_of(contracted_float_of_f16(half)), bits_of(got)) << bits;
  }
}

TEST(DialectNumbers, RoundAsTheHarnessDoes) {
  for (std::uint64_t bits = 0; bits < 0x100000000ULL; bits += 1021) {
    const float x = bits_to_float(static_cast<std::uint32_t>(bits));
    ASSERT_EQ(plain_bf16_of(x), from_float<bf16>(x).bits) << x;
    ASSERT_EQ(plain_f16_of(x), from_float<f16>(x).bits) << x;
    ASSERT_EQ(contracted_bf16_of(x), plain_bf16_of(x)) << x;
    ASSERT_EQ(contracted_f16_of(x), plain_f16_of(x)) << x;
  }
  // Ties go to even, 65520 is the first value that becomes infinite, half of 2^-24 becomes 0.
  EXPECT_EQ(plain_bf16_of(0x1.01p0F), 0x3F80);
  EXPECT_EQ(plain_bf16_of(0x1.03p0F), 0x3F82);
  EXPECT_EQ(plain_f16_of(65519.996F), 0x7BFF);
  EXPECT_EQ(plain_f16_of(65520.0F), 0x7C00);
  EXPECT_EQ(plain_f16_of(0x1p-25F), 0x0000);
  EXPECT_EQ(plain_f16_of(0x1.000002p-25F), 0x0001);
}

TEST(DialectMath, TakesTheLogarithmOfTheSampler) {
  for (std::uint32_t i = 0; i < 2000000; ++i) {
    const double x = (i * 2147.0 + 0.5) * 0x1p-32;
    ASSERT_EQ(plain_log_double(x), portable_log(x)) << x;
    ASSERT_EQ(contracted_log_double(x), portable_log(x)) << x;
  }
  for (int exponent = -1022; exponent < 1000; ++exponent) {
    for (int step = 0; step < 64; ++step) {
      const double x = std::ldexp(1 + step / 64.0 + 0x1.23456789p-20, exponent);
      ASSERT_EQ(plain_log_double(x), portable_log(x)) << x;
    }
  }
}

}  // namespace
}  // namespace kernelgate::dialect_test
