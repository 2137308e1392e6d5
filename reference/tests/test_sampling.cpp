// The sampling chain against values worked out by hand, and the shared randomness against
// published vectors and a second logarithm.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "harness/core/exponential.hpp"
#include "kernels/sampling/sampling_reference.hpp"

namespace kernelgate::reference {
namespace {

const std::vector<float> worked = {3, 2, 2, 1, 0, -1};  // spec 7.1

std::vector<int> kept(const SamplingParams& p, const std::vector<float>& x = worked) {
  std::vector<int> ids;
  const auto out = sample_token<double>(x, p);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (out.kept[i] == Kept::yes) ids.push_back(static_cast<int>(i));
  }
  return ids;
}

TEST(Philox, GivesThePublishedWords) {
  const auto words = [](PhiloxWords c, std::uint64_t key) {
    const PhiloxWords w = philox4x32(c, key);
    return std::vector<std::uint32_t>(w.word, w.word + 4);
  };
  using Words = std::vector<std::uint32_t>;
  EXPECT_EQ(words({{0, 0, 0, 0}}, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t all = 0xFFFFFFFF;
  EXPECT_EQ(words({{all, all, all, all}}, ~0ULL),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(words({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0x299f31d0a4093822ULL),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(PortableLog, StaysWithinOneUlpOfTheExtendedLogarithm) {
  for (std::uint64_t i = 0; i < 300000; ++i) {
    std::uint32_t word = static_cast<std::uint32_t>(word_at(1, i));
    if (i < 500) word = static_cast<std::uint32_t>(i);
    if (i >= 500 && i < 1000) word = 0xFFFFFFFFU - static_cast<std::uint32_t>(i - 500);
    const double u = (static_cast<double>(word) + 0.5) * 0x1p-32;
    const long double exact = std::log(static_cast<long double>(u));
    const double magnitude = static_cast<double>(-exact);
    const double ulp = std::nextafter(magnitude, INFINITY) - magnitude;
    ASSERT_LE(std::abs(static_cast<double>(portable_log(u) - exact)), ulp) << "word " << word;
  }
  EXPECT_EQ(portable_log(1), 0);
}

TEST(PortableLog, HasItsRecordedBits) {  // made with contraction off; the same with it on
  std::uint64_t hash = 0;
  for (std::uint64_t i = 0; i < 100000; ++i) {
    const double e = exponential_of(static_cast<std::uint32_t>(word_at(5, i)));
    hash = mix64(hash ^ __builtin_bit_cast(std::uint64_t, e));
  }
  EXPECT_EQ(hash, 17778429612265569031ULL);
}

TEST(Exponential, HasMeanAndVarianceOne) {
  double sum = 0, squares = 0;
  const int count = 200000;
  for (int i = 0; i < count; ++i) {
    const double e = exponential_noise(7, {static_cast<std::uint32_t>(i), 3, 1, 2});
    ASSERT_GT(e, 0);
    sum += e;
    squares += e * e;
  }
  EXPECT_NEAR(sum / count, 1, 5 / std::sqrt(count));  // five standard errors
  EXPECT_NEAR(squares / count, 2, 5 * std::sqrt(20.0 / count));
}

TEST(Sampling, FollowsTheWorkedExample) {
  SamplingParams p;
  p.min_p = 0.1;
  EXPECT_EQ(kept(p), (std::vector<int>{0, 1, 2, 3}));
  p.top_k = 2;
  EXPECT_EQ(kept(p), (std::vector<int>{0, 1, 2}));  // the tie at 2 is kept
  p.top_p = 0.8;
  EXPECT_EQ(kept(p), (std::vector<int>{0, 1, 2}));
  const auto out = sample_token<double>(worked, p);
  EXPECT_NEAR(out.probability[0], 0.576117, 5e-7);
  EXPECT_NEAR(out.probability[1], 0.211942, 5e-7);
}

TEST(Sampling, NeverDropsTheLargest) {
  SamplingParams p;
  p.top_p = 0;
  EXPECT_EQ(kept(p), std::vector<int>{0});
  EXPECT_EQ(kept(p, {1, 1, 1}), std::vector<int>{0});  // all equal: the lowest index
}

TEST(Sampling, AppliesPenaltiesBeforeTheTemperature) {
  SamplingParams p;
  const std::vector<std::int32_t> prompt = {0, 5}, output = {1, 1};
  p.prompt = prompt;
  p.output = output;
  p.repetition = 2;
  p.frequency = 0.25;
  p.presence = 0.5;
  p.temperature = 0.5;
  const auto out = sample_token<double>(worked, p);
  EXPECT_EQ(out.logit[0], 3.0 / 2 / 0.5);
  EXPECT_EQ(out.logit[5], -1.0 * 2 / 0.5);
  EXPECT_EQ(out.logit[1], (2.0 / 2 - 2 * 0.25 - 0.5) / 0.5);
  EXPECT_EQ(out.logit[2], 2 / 0.5);
}

TEST(Sampling, MasksByBitsBansStopsAndPadding) {
  SamplingParams p;
  p.temperature = 0;
  const std::vector<std::uint32_t> bits = {0x0000003DU};  // all but id 1
  const std::vector<std::int32_t> banned = {0}, stop = {2};
  p.bitmask = bits;
  EXPECT_EQ(sample_token<double>(worked, p).token, 0);
  p.banned = banned;
  EXPECT_EQ(sample_token<double>(worked, p).token, 2);
  p.min_tokens = 1;
  p.stop = stop;
  EXPECT_EQ(sample_token<double>(worked, p).token, 3);
  const std::vector<std::int32_t> one = {4};
  p.output = one;
  EXPECT_EQ(sample_token<double>(worked, p).token, 2);
  p.valid = 2;
  EXPECT_EQ(sample_token<double>(worked, p).token, -1);
}

TEST(Sampling, MaskWordsEndWhereTheyEnd) {
  const std::vector<float> x(40, 1);
  const std::vector<std::uint32_t> bits = {0};
  SamplingParams p;
  p.bitmask = bits;
  EXPECT_EQ(kept(p, x), (std::vector<int>{32, 33, 34, 35, 36, 37, 38, 39}));
}

TEST(Sampling, DrawsTokensAsOftenAsTheirProbability) {
  std::vector<int> count(3);
  const std::vector<float> x = {0, std::log(2.0F), std::log(5.0F)};  // 1/8, 2/8, 5/8
  for (std::uint32_t i = 0; i < 20000; ++i) {
    SamplingParams p;
    p.seed = 11;
    p.position = i;
    ++count[static_cast<std::size_t>(sample_token<double>(x, p).token)];
  }
  for (int i = 0; i < 3; ++i) {
    const double q = (i == 0 ? 1 : i == 1 ? 2 : 5) / 8.0;
    EXPECT_NEAR(count[static_cast<std::size_t>(i)], 20000 * q, 5 * std::sqrt(20000 * q * (1 - q)));
  }
}

TEST(Sampling, BoundedChainAcceptsTheTrueTokenAndFewOthers) {
  std::vector<float> x(500);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<float>(static_cast<double>(word_at(2, i) >> 40) * 0x1p-21);
  }
  for (std::uint32_t i = 0; i < 50; ++i) {
    SamplingParams p;
    p.position = i;
    p.temperature = 0.7;
    p.min_p = 1e-3;
    p.top_k = 40;
    p.top_p = 0.95;
    const auto truth = sample_token<double>(x, p);
    const auto judge = sample_token<Bounded>(x, p);
    EXPECT_EQ(judge.token, truth.token);
    EXPECT_EQ(judge.acceptable, std::vector<std::int64_t>{truth.token});
    EXPECT_EQ(truth.acceptable, std::vector<std::int64_t>{truth.token});
  }
}

}  // namespace
}  // namespace kernelgate::reference
