#include "harness/core/dtype.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "harness/core/random.hpp"

namespace kernelgate {
namespace {

TEST(Number, EveryHalfBitPatternSurvivesTheTripThroughFloat) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const f16 half{static_cast<std::uint16_t>(bits)};
    const bf16 brain{static_cast<std::uint16_t>(bits)};
    const bool half_number = !std::isnan(to_float(half));
    const bool brain_number = !std::isnan(to_float(brain));
    ASSERT_TRUE(!half_number || from_float<f16>(to_float(half)).bits == bits) << bits;
    ASSERT_TRUE(!brain_number || from_float<bf16>(to_float(brain)).bits == bits) << bits;
  }
}

TEST(Number, RoundsHalvesToEven) {
  EXPECT_EQ(from_float<bf16>(1.00390625F).bits, 0x3F80);        // 1 + 2^-8: tie, down to even
  EXPECT_EQ(from_float<bf16>(1.01171875F).bits, 0x3F82);        // 1 + 3*2^-8: tie, up to even
  EXPECT_EQ(from_float<f16>(1.00048828125F).bits, 0x3C00);      // 1 + 2^-11
  EXPECT_EQ(from_float<f16>(65519.996F).bits, 0x7BFF);          // below 65520 stays finite
  EXPECT_EQ(from_float<f16>(65520.0F).bits, 0x7C00);            // the tie goes to infinity
  EXPECT_EQ(from_float<f16>(std::ldexp(1.0F, -25)).bits, 0x0);  // half the smallest: to even, 0
  EXPECT_EQ(from_float<f16>(std::ldexp(1.5F, -25)).bits, 0x1);
}

TEST(Dtype, EncodesADoubleWithOneRounding) {
  // 1 + 2^-8 + 2^-40 rounds up to bf16; through f32 it would first become a tie and round down.
  const double above_tie = 1 + std::ldexp(1.0, -8) + std::ldexp(1.0, -40);
  EXPECT_EQ(encode(Dtype::bf16, above_tie), 0x3F81U);
  EXPECT_EQ(round_to(Dtype::bf16, above_tie), 1.0078125);
  const double above_half_tie = 1 + std::ldexp(1.0, -11) + std::ldexp(1.0, -45);
  EXPECT_EQ(encode(Dtype::f16, above_half_tie), 0x3C01U);
}

TEST(Dtype, EncodingAgreesWithRoundingForRandomNumbers) {
  for (const Dtype type : {Dtype::f32, Dtype::bf16, Dtype::f16}) {
    for (std::uint64_t i = 0; i < 20000; ++i) {
      const std::uint64_t w = word_at(fnv1a64("encode"), i);
      const int exponent = static_cast<int>((w >> 53) % 60) - 40;
      const double x = std::ldexp(static_cast<double>(static_cast<std::int64_t>(w)), exponent - 63);
      ASSERT_EQ(decode(type, encode(type, x)), round_to(type, x)) << name(type) << " " << x;
    }
  }
}

TEST(Dtype, ManyNumbersAreStoredLikeOne) {
  std::vector<double> x;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const std::uint64_t w = word_at(fnv1a64("many"), i);
    x.push_back(std::ldexp(static_cast<double>(static_cast<std::int64_t>(w)), -57));
  }
  for (const Dtype type :
       {Dtype::f32, Dtype::bf16, Dtype::f16, Dtype::f64, Dtype::i32, Dtype::i64, Dtype::u8}) {
    const auto size = static_cast<std::size_t>(size_bytes(type));
    std::vector<std::byte> many(x.size() * size + 1, std::byte{0xA7});
    encode(type, x, many.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::uint64_t one = encode(type, x[i]);
      ASSERT_EQ(std::memcmp(many.data() + i * size, &one, size), 0) << name(type) << " " << x[i];
    }
    EXPECT_EQ(many.back(), std::byte{0xA7}) << name(type);
  }
}

TEST(Dtype, GridIsTheSpacingAtOne) {
  EXPECT_EQ(grid(Dtype::f32).epsilon, std::numeric_limits<float>::epsilon());
  EXPECT_EQ(grid(Dtype::f32).smallest, std::numeric_limits<float>::denorm_min());
  EXPECT_EQ(decode(Dtype::bf16, encode(Dtype::bf16, 1) + 1) - 1, grid(Dtype::bf16).epsilon);
  EXPECT_EQ(decode(Dtype::f16, 1), grid(Dtype::f16).smallest);
}

TEST(Random, GivesTheSpecificationsConstants) {
  EXPECT_EQ(fnv1a64("model.norm.weight"), 0xd6d6e5afd11604e4ULL);  // spec A.1
  EXPECT_EQ(fnv1a64("model.embed_tokens.weight"), 0xa88fd795d5c6d156ULL);
}

}  // namespace
}  // namespace kernelgate
