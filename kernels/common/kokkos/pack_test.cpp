// Tests packs of every width against scalar code. The file is compiled twice, for any processor and
// with the flags of the kernels, so that this machine's vector forms are tested too.
#include "kernels/common/kokkos/pack.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/common/kokkos/pack_masks.hpp"
#include "kernels/common/kokkos/pack_math.hpp"
#include "kernels/common/kokkos/pack_moves.hpp"
#include "kernels/common/kokkos/stored_pack.hpp"

namespace kernelgate {
namespace {

template <class Width>
class Packs : public testing::Test {
 public:
  static constexpr int W = Width::value;
  using F = Pack<float, W>;
  using I = Pack<std::int32_t, W>;
  using U = Pack<std::uint32_t, W>;

  /// start, start + step, start + 2 step, ...
  static F steps(float start, float step) {
    float x[W];
    for (int i = 0; i < W; ++i) x[i] = start + step * static_cast<float>(i);
    return load<F>(x);
  }
};
using Widths = testing::Types<std::integral_constant<int, 1>, std::integral_constant<int, 4>,
                              std::integral_constant<int, 8>, std::integral_constant<int, 16>>;
TYPED_TEST_SUITE(Packs, Widths);

TYPED_TEST(Packs, CalculateNumberByNumber) {
  using T = TestFixture;
  const auto a = T::steps(1, 2), b = T::steps(10, -1);
  for (int i = 0; i < T::W; ++i) {
    const float x = 1 + 2 * static_cast<float>(i), y = 10 - static_cast<float>(i);
    EXPECT_EQ((a + b)[i], x + y);
    EXPECT_EQ((a - b)[i], x - y);
    EXPECT_EQ((a * b)[i], x * y);
    EXPECT_EQ((a / 2.0F)[i], x / 2);
    EXPECT_EQ(max(a, b)[i], x > y ? x : y);
    EXPECT_EQ(select(a < b, a, b)[i], x < y ? x : y);
    EXPECT_EQ((a >= b)[i], x >= y ? -1 : 0);
  }
}

TYPED_TEST(Packs, ShiftAndMaskBits) {
  using T = TestFixture;
  const auto a = counted_from<typename T::U>(0x80000010U);
  const auto places = counted_from<typename T::U>(0);
  for (int i = 0; i < T::W; ++i) {
    const std::uint32_t x = 0x80000010U + static_cast<std::uint32_t>(i);
    EXPECT_EQ((a << 4)[i], x << 4);
    EXPECT_EQ((a >> 4)[i], x >> 4);
    EXPECT_EQ((a >> places)[i], x >> i);
    EXPECT_EQ((a & 0xFU)[i], x & 0xFU);
    EXPECT_EQ((a ^ 0xFFU)[i], x ^ 0xFFU);
  }
}

TYPED_TEST(Packs, FoldTheirNumbers) {
  using T = TestFixture;
  const auto n = static_cast<float>(T::W);
  EXPECT_EQ(sum(T::steps(1, 1)), n * (n + 1) / 2);
  EXPECT_EQ(max_of(T::steps(-3, 1)), n - 4);
  EXPECT_EQ(max_of(T::steps(5, -1)), 5);
}

TYPED_TEST(Packs, TellWhichNumbersHold) {
  using T = TestFixture;
  const auto p = counted_from<typename T::I>(0);
  for (int min = 0; min <= T::W; ++min) {
    const std::uint32_t all = (1U << T::W) - 1, expected = all & ~((1U << min) - 1U);
    EXPECT_EQ(bits_at_least(p, min), expected);
    EXPECT_EQ(bits_of(p >= min), expected);
  }
}

TYPED_TEST(Packs, StoreTheChosenInTheirOrder) {
  using T = TestFixture;
  const auto p = counted_from<typename T::I>(100);
  for (std::uint32_t bits = 0; bits < (1U << (T::W < 9 ? T::W : 9)); ++bits) {
    std::int32_t out[T::W];
    store_chosen(out, p, bits);
    int n = 0;
    for (int i = 0; i < T::W; ++i) {
      if ((bits >> i & 1U) != 0) {
        EXPECT_EQ(out[n++], 100 + i) << bits;
      }
    }
  }
}

TYPED_TEST(Packs, LookUpTheLowFourBits) {
  using T = TestFixture;
  float table[16];
  for (int i = 0; i < 16; ++i) table[i] = static_cast<float>(i * i);
  for (std::uint32_t first = 0; first < 16; ++first) {
    const auto p = look_up(table, counted_from<typename T::U>(0xABCDE0U + first));
    for (int i = 0; i < T::W; ++i) EXPECT_EQ(p[i], table[(first + static_cast<unsigned>(i)) % 16]);
  }
}

TYPED_TEST(Packs, Transpose) {
  using T = TestFixture;
  typename T::F rows[T::W];
  for (int r = 0; r < T::W; ++r) rows[r] = T::steps(static_cast<float>(100 * r), 1);
  const auto sums = sums_of(rows);
  for (int r = 0; r < T::W; ++r) EXPECT_EQ(sums[r], sum(rows[r]));
  transpose(rows);
  for (int r = 0; r < T::W; ++r) {
    for (int c = 0; c < T::W; ++c) EXPECT_EQ(rows[r][c], static_cast<float>(100 * c + r));
  }
}

TYPED_TEST(Packs, RepeatNeighbours) {
  using T = TestFixture;
  if constexpr (T::W >= 4) {
    const float from[] = {3, 5, 7, 11};
    const auto p = repeat<typename T::F, 4>(from);
    for (int i = 0; i < T::W; ++i) EXPECT_EQ(p[i], from[i / 4]);
  }
}

/// Values whose rounding to 16 bits is hard: ties, subnormals, overflow, NaN, infinities, zeros.
const float hard[] = {0.0F,    -0.0F,    1.0F,       -1.0F / 3,       65504.0F,    65520.0F,
                      1.0e30F, -3.4e38F, 0x1.008p0F, 0x1.018p0F,      0x1.0081p0F, 6.1e-5F,
                      5.9e-8F, 0x1p-25F, 1.0e-40F,   0x1.fffffep127F, INFINITY,    -INFINITY,
                      NAN,     -2.5F};

template <class S, int W>
void expect_conversions() {
  for (const float x : hard) {
    float wide[W];
    S stored[W];
    for (int i = 0; i < W; ++i) wide[i] = x;
    narrow(stored, load<Pack<float, W>>(wide));
    const auto back = widen<W>(stored);
    for (int i = 0; i < W; ++i) {
      EXPECT_EQ(float_to_bits(to_float(stored[i])), float_to_bits(to_float(from_float<S>(x)))) << x;
      EXPECT_EQ(float_to_bits(back[i]), float_to_bits(to_float(stored[i]))) << x;
    }
  }
}

TYPED_TEST(Packs, ConvertStorageTypesAsPlainNumbers) {
  expect_conversions<float, TestFixture::W>();
  expect_conversions<bf16, TestFixture::W>();
  expect_conversions<f16, TestFixture::W>();
}

TYPED_TEST(Packs, ReadAndWriteTheFirstNumbersAlone) {
  using T = TestFixture;
  for (int count = 0; count <= T::W; ++count) {
    // Exactly `count` elements: the preset asan detects an access beyond them.
    std::vector<bf16> from(static_cast<std::size_t>(count)), to(from.size());
    for (int i = 0; i < count; ++i) {
      from[static_cast<std::size_t>(i)] = from_float<bf16>(static_cast<float>(i + 1));
    }
    const auto p = widen_first<T::W>(from.data(), count);
    for (int i = 0; i < T::W; ++i) EXPECT_EQ(p[i], i < count ? static_cast<float>(i + 1) : 0.0F);
    narrow_first(to.data(), p, count);
    for (std::size_t i = 0; i < from.size(); ++i) EXPECT_EQ(to[i].bits, from[i].bits);
  }
}

TYPED_TEST(Packs, SplitWordsOfTwoBf16) {
  using T = TestFixture;
  const std::uint32_t low = from_float<bf16>(1.5F).bits, high = from_float<bf16>(-2.0F).bits;
  const auto words = broadcast<typename T::U>(high << 16 | low);
  EXPECT_EQ(low_bf16(words)[T::W - 1], 1.5F);
  EXPECT_EQ(high_bf16(words)[T::W - 1], -2.0F);
}

/// Units in the last place of `expected`, a normal f32.
double ulps(float got, double expected) {
  return std::abs(got - expected) / std::ldexp(1.0, std::ilogb(expected) - 23);
}

TYPED_TEST(Packs, PowersStayWithinTheirBounds) {
  using T = TestFixture;
  for (int n = -1260; n <= 1270; ++n) {
    const float x = static_cast<float>(n) / 10 + 0.0123F;
    if (x < 127) {
      EXPECT_LE(ulps(exp2(broadcast<typename T::F>(x))[0], std::exp2(double{x})), 1.3);
    }
    if (std::abs(x) < 86) {
      EXPECT_LE(ulps(exp(broadcast<typename T::F>(x))[0], std::exp(double{x})), 2);
    }
  }
  EXPECT_EQ(exp2(broadcast<typename T::F>(-INFINITY))[0], 0.0F);
  EXPECT_EQ(exp2(broadcast<typename T::F>(-127.0F))[0], 0.0F);
  EXPECT_TRUE(std::isnan(exp2(broadcast<typename T::F>(NAN))[0]));
  EXPECT_EQ(exp(broadcast<typename T::F>(104.0F))[0], INFINITY);
  EXPECT_EQ(exp(broadcast<typename T::F>(-104.0F))[0], 0.0F);
}

// In a scan of all floats the largest errors are near 1.07, close to the switch between the two
// forms.
TYPED_TEST(Packs, ErfIsWithinTwoUlpAndEndsWell) {
  using P = typename TestFixture::F;
  const auto erf_of = [](float x) { return erf(broadcast<P>(x))[0]; };
  for (int i = -45000; i <= 45000; ++i) {
    const float x = static_cast<float>(i) * 1e-4F;
    const double exact = std::erf(double{x});
    const float expected = std::abs(static_cast<float>(exact));
    const double ulp = std::nextafter(expected, INFINITY) - expected;
    ASSERT_LE(std::abs(erf_of(x) - exact), 2 * ulp) << x;
  }
  EXPECT_FLOAT_EQ(erf_of(1e-30F), static_cast<float>(std::erf(1e-30)));
  EXPECT_EQ(erf_of(INFINITY), 1);
  EXPECT_EQ(erf_of(-INFINITY), -1);
  EXPECT_TRUE(std::signbit(erf_of(-0.0F)));
  EXPECT_TRUE(std::isnan(erf_of(NAN)));
}

TYPED_TEST(Packs, SiluReachesItsLimits) {
  using P = typename TestFixture::F;
  EXPECT_EQ(silu(broadcast<P>(0.0F))[0], 0.0F);
  EXPECT_EQ(silu(broadcast<P>(1.0e30F))[0], 1.0e30F);
  EXPECT_LE(std::abs(silu(broadcast<P>(-1.0e30F))[0]), std::numeric_limits<float>::min());
  EXPECT_NEAR(silu(broadcast<P>(2.0F))[0], 2 / (1 + std::exp(-2.0)), 1e-6);
  EXPECT_TRUE(std::isnan(silu(broadcast<P>(NAN))[0]));
}

}  // namespace
}  // namespace kernelgate
