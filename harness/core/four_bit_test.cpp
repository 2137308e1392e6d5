// Tests MXFP4 and NF4 against values calculated by hand and the rows of spec 7.3.
#include "harness/core/four_bit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

using ::testing::ElementsAreArray;
using enum FourBitFormat;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// One row, quantised, with its own memory.
struct Quantised {
  Quantised(FourBitLayout l, const std::vector<float>& x)
      : layout(l),
        codes(x.size() / 2),
        scales(x.size() / static_cast<std::size_t>(l.block) * 4),
        view(l, static_cast<std::int64_t>(x.size()), codes.data(), scales.data()) {
    quantise_rows(layout, x, static_cast<std::int64_t>(x.size()), codes.data(), scales.data());
  }
  std::vector<std::uint8_t> all_codes() const {
    return unpack_codes(codes, own_order(layout.format));
  }

  FourBitLayout layout;
  std::vector<std::uint8_t> codes;
  std::vector<std::byte> scales;
  FourBitView view;
};

/// x_i = 0.1 i - 1.6, the specification's example.
std::vector<float> ramp() {
  std::vector<float> x;
  x.reserve(32);
  for (int i = 0; i < 32; ++i) x.push_back(static_cast<float>(0.1 * i - 1.6));
  return x;
}

TEST(FourBit, Mxfp4EncodesTheRowOfTheSpecification) {
  const Quantised q({mxfp4, 32}, ramp());
  EXPECT_EQ(std::to_integer<int>(q.scales[0]), 125);
  EXPECT_THAT(q.all_codes(),
              ElementsAreArray({15, 15, 15, 15, 14, 14, 14, 14, 13, 13, 12, 12, 11, 10, 10, 9,
                                0,  1,  2,  2,  3,  4,  4,  5,  5,  6,  6,  6,  6,  7,  7,  7}));
  EXPECT_EQ(q.view.at(0, 0), -1.5);    // -6 / 4
  EXPECT_EQ(q.view.at(0, 17), 0.125);  // 0.5 / 4
}

TEST(FourBit, Nf4EncodesTheRowOfTheSpecification) {
  const Quantised q({nf4, 32}, ramp());
  EXPECT_EQ(q.view.scale(0, 0), static_cast<double>(1.6F));
  EXPECT_THAT(q.all_codes(),
              ElementsAreArray({0, 0, 0, 1, 1,  1,  1,  2,  2,  3,  3,  4,  4,  5,  6,  6,
                                7, 8, 9, 9, 10, 11, 11, 12, 12, 13, 13, 14, 14, 14, 15, 15}));
}

TEST(FourBit, EveryCodeDecodesAndEncodesToItself) {
  const double mx[] = {0, .5, 1, 1.5, 2, 3, 4, 6, -0.0, -.5, -1, -1.5, -2, -3, -4, -6};
  for (std::uint8_t code = 0; code < 16; ++code) {
    EXPECT_EQ(code_values(mxfp4)[code], mx[code]);
    EXPECT_EQ(std::signbit(code_values(mxfp4)[code]), code >= 8);
    for (const FourBitFormat format : {mxfp4, nf4}) {
      const auto value = static_cast<float>(code_values(format)[code]);
      EXPECT_EQ(static_cast<double>(value), code_values(format)[code]) << "exact in f32";
      EXPECT_EQ(nearest_code(format, value), code) << name(format);
    }
  }
}

TEST(FourBit, Mxfp4RoundsTiesToTheEvenCodeAndSaturatesAtSix) {
  const std::pair<float, int> ties[] = {{0.25F, 0}, {0.75F, 2}, {1.25F, 2}, {1.75F, 4},
                                        {2.5F, 4},  {3.5F, 6},  {5.0F, 6}};
  int upper = 0;
  for (const auto& [x, code] : ties) {
    ++upper;
    EXPECT_EQ(nearest_code(mxfp4, x), code) << x;
    EXPECT_EQ(nearest_code(mxfp4, -x), code + 8) << -x;
    EXPECT_EQ(nearest_code(mxfp4, std::nextafter(x, 9.0F)), upper) << x;
    EXPECT_EQ(nearest_code(mxfp4, std::nextafter(x, 0.0F)), upper - 1) << x;
  }
  EXPECT_EQ(nearest_code(mxfp4, 7.99F), 7);
  EXPECT_EQ(nearest_code(mxfp4, -7.99F), 15);
}

TEST(FourBit, Nf4GivesAMidpointToTheLowerValue) {
  // Halfway between 0 and 0.07958029955625534. Half of a float is representable.
  const float middle = 0.07958029955625534F / 2;
  EXPECT_EQ(nearest_code(nf4, middle), 7);
  EXPECT_EQ(nearest_code(nf4, std::nextafter(middle, 1.0F)), 8);
}

TEST(FourBit, AScaleIsAPowerOfTwoAnd255IsNaN) {
  EXPECT_EQ(scale_of_exponent(127), 1);
  EXPECT_EQ(scale_of_exponent(0), 0x1p-127);
  EXPECT_EQ(scale_of_exponent(254), 0x1p127);
  EXPECT_TRUE(std::isnan(scale_of_exponent(255)));
  EXPECT_EQ(exponent_of_block(1.6), 125);
  EXPECT_EQ(exponent_of_block(4), 127);
  EXPECT_EQ(exponent_of_block(3.999), 126);
  EXPECT_EQ(exponent_of_block(0x1p-149), 0);  // smaller than any scale times its largest code
  EXPECT_EQ(exponent_of_block(std::numeric_limits<float>::max()), 252);
  EXPECT_EQ(exponent_of_block(infinity), 255);
}

TEST(FourBit, ABlockOfZerosDecodesToZeros) {
  for (const FourBitFormat format : {mxfp4, nf4}) {
    const Quantised q({format, 32}, std::vector<float>(64));
    for (const double w : q.view.row(0)) EXPECT_EQ(w, 0) << name(format);
  }
}

TEST(FourBit, ABlockWithANumberThatIsNoneIsNaNAndItsNeighboursAreNot) {
  for (const FourBitFormat format : {mxfp4, nf4}) {
    for (const float bad : {not_a_number, infinity, -infinity}) {
      std::vector<float> x(96, 1);
      x[40] = bad;
      const std::vector<double> w = Quantised({format, 32}, x).view.row(0);
      for (std::size_t i = 0; i < w.size(); ++i) {
        EXPECT_EQ(std::isnan(w[i]), i / 32 == 1) << name(format) << " " << i;
      }
    }
  }
}

TEST(FourBit, AnErrorStaysBelowHalfAStepOfItsBlock) {
  // The largest gap of E2M1 is 2 (4 to 6), and values beyond 6 up to 8 are clamped. That of NF4 is
  // 0.304.
  std::vector<float> x;
  x.reserve(4096);
  for (int i = 0; i < 4096; ++i) x.push_back(std::sin(static_cast<float>(i)) * 0.03F);
  for (const FourBitLayout layout : {FourBitLayout{mxfp4, 32}, {nf4, 64}, {nf4, 4096}}) {
    const Quantised q(layout, x);
    for (std::int64_t i = 0; i < 4096; ++i) {
      const double step = layout.format == mxfp4 ? 2 : 0.152;
      EXPECT_LE(std::abs(q.view.at(0, i) - x[static_cast<std::size_t>(i)]),
                step * q.view.scale(0, i / layout.block));
    }
  }
}

TEST(FourBit, TheNibbleOrderIsAChoiceWithAName) {
  const std::vector<std::uint8_t> codes = {1, 2, 3, 15};
  EXPECT_THAT(pack_codes(codes, NibbleOrder::low_is_even), ElementsAreArray({0x21, 0xF3}));
  EXPECT_THAT(pack_codes(codes, NibbleOrder::high_is_even), ElementsAreArray({0x12, 0x3F}));
  std::vector<std::uint8_t> bytes = pack_codes(codes, NibbleOrder::low_is_even);
  EXPECT_EQ(unpack_codes(bytes, NibbleOrder::low_is_even), codes);
  swap_nibbles(bytes);
  EXPECT_EQ(unpack_codes(bytes, NibbleOrder::high_is_even), codes);
  EXPECT_EQ(own_order(mxfp4), NibbleOrder::low_is_even);
  EXPECT_EQ(own_order(nf4), NibbleOrder::high_is_even);
}

TEST(FourBit, ABlockThatAFormatDoesNotHaveIsRefusedInWords) {
  EXPECT_NO_THROW((FourBitLayout{nf4, 4096}.check(8192)));
  EXPECT_EQ((FourBitLayout{mxfp4, 32}.row_bytes(2048)), 2048 * 17 / 32);  // 4.25 bits
  EXPECT_EQ((FourBitLayout{nf4, 64}.row_bytes(2048)), 2048 * 9 / 16);     // 4.5 bits
  for (const FourBitLayout& bad : {FourBitLayout{mxfp4, 64}, {nf4, 16}, {nf4, 8192}, {nf4, 96}}) {
    EXPECT_THROW(bad.check(8192 * 3), BadInput);
  }
  try {
    FourBitLayout{mxfp4, 32}.check(40);
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("40 weights is not whole blocks of 32"));
  }
}

TEST(FourBit, DoubleQuantisationHas256ValuesAndComesNear) {
  const auto& values = double_quantisation_values();
  EXPECT_EQ(values.front(), -values[254]);
  EXPECT_EQ(values.back(), 1);
  EXPECT_EQ(values[127], 0);
  EXPECT_FLOAT_EQ(values[128], 0.55e-6F);  // i = 0: the midpoint of [0.1, 1], times 10^-6
  for (std::size_t i = 1; i < values.size(); ++i) EXPECT_LT(values[i - 1], values[i]);
  std::vector<float> scales;
  scales.reserve(600);
  for (int i = 0; i < 600; ++i) scales.push_back(0.02F + 0.01F * std::sin(static_cast<float>(i)));
  const DoubleQuantised q = quantise_scales(scales);
  EXPECT_EQ(q.largest.size(), 3U);
  const std::vector<float> back = decode_scales(q);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    // The parts are at most 0.9 / 64 wide; the last one reaches from its midpoint to 1.
    EXPECT_NEAR(back[i], scales[i], q.largest[i / 256] * 0.9 / 128 * 1.001);
  }
}

}  // namespace
}  // namespace kernelgate
