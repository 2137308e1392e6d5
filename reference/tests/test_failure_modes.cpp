// Bugs that ports of this model had (specification, section 12), as far as they concern its
// formulas.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "harness/core/random.hpp"
#include "kernels/cca_attention/cca_attention_reference.hpp"
#include "kernels/expert_gemm/expert_gemm_reference.hpp"
#include "reference/tests/golden.hpp"
#include "reference/tests/recorder.hpp"

namespace kernelgate::reference {
namespace {

using Doubles = std::vector<double>;

Doubles random_numbers(std::size_t count, std::uint64_t seed) {
  Doubles x(count);
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = static_cast<double>(word_at(seed, i) >> 11) * 0x1p-52 - 1;
  }
  return x;
}

TEST(FailureModes, EveryExpertIsScoredWhateverTheirNumber) {  // R6
  for (std::size_t entries = 2; entries <= 25; ++entries) {
    for (std::size_t wanted = 0; wanted < entries; ++wanted) {
      Routing<double> r;
      r.probability.assign(entries, 1.0 / static_cast<double>(entries));
      Doubles bias(entries);
      bias[wanted] = 1e-3;
      choose(r, bias, RouterCandidates::experts_and_skip);
      ASSERT_EQ(r.choice, static_cast<std::int64_t>(wanted));
    }
  }
}

TEST(FailureModes, ABiasOfMinusOneNeverLetsATokenSkip) {  // spec 4.1: initial biases
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Routing<double> r;
    r.probability = softmax(random_numbers(5, seed), Dtype::f32);
    choose(r, Doubles{0, 0, 0, 0, -1}, RouterCandidates::experts_and_skip);
    EXPECT_LT(r.choice, 4);
  }
}

TEST(FailureModes, AnInfinityInAnExpertNeverReachesASkippingToken) {  // R10
  const Doubles x = {1, 2};
  for (const SkipRule rule : {SkipRule::zero, SkipRule::identity}) {
    Doubles y(2, NAN);
    skip_expert<double>(x, 0.5, rule, std::span<double>(y));
    EXPECT_EQ(y, rule == SkipRule::zero ? Doubles({0, 0}) : Doubles({0.5, 1}));
  }
}

TEST(FailureModes, SlicesOfAnExpertAddUpToTheWhole) {  // R5: a rank holds half of the inner width
  const std::size_t h = 6, width = 8;
  const Doubles gate_up = random_numbers(2 * width * h, 1), down = random_numbers(h * width, 2);
  const Doubles x = random_numbers(h, 3);
  Doubles whole(h), sum(h);
  expert<double>(gate_up, down, x, 0.7, std::span<double>(whole));
  for (std::size_t rank = 0; rank < 2; ++rank) {
    Doubles g, d, part(h);
    for (const std::size_t from : {rank * width / 2, width + rank * width / 2}) {
      g.insert(g.end(), gate_up.begin() + static_cast<std::ptrdiff_t>(from * h),
               gate_up.begin() + static_cast<std::ptrdiff_t>((from + width / 2) * h));
    }
    for (std::size_t o = 0; o < h; ++o) {
      for (std::size_t i = 0; i < width / 2; ++i)
        d.push_back(down[o * width + rank * width / 2 + i]);
    }
    expert<double>(g, d, x, 0.7, std::span<double>(part));
    for (std::size_t o = 0; o < h; ++o) sum[o] += part[o];
  }
  for (std::size_t o = 0; o < h; ++o) EXPECT_NEAR(sum[o], whole[o], 1e-14);
}

TEST(FailureModes, SmallHeadsAreNotClampedByTheDefaultNorm) {  // A4
  ConvMixingParams p;
  p.head_dim = 4;
  for (const double size : {1e-4, 1e-3, 1e-2, 1.0}) {
    Doubles head = {0.5 * size, -0.5 * size, 0.5 * size, 0.5 * size};  // norm: size
    normalise_head<double>(head, p);
    EXPECT_NEAR(head[0], 1, 1e-4);
    Doubles clamped = {0.5 * size, 0, 0, 0};
    ConvMixingParams bf16 = p;
    bf16.guard = NormGuard::clamp_norm;
    bf16.guard_epsilon = 0x1p-7;
    normalise_head<double>(clamped, bf16);
    EXPECT_NEAR(clamped[0], 0.5 * size < 0x1p-7 ? size * 128 : 2, 1e-12);
  }
}

TEST(FailureModes, ScoresFarBelowZeroStillShareTheirWeight) {  // A9
  const CcaAttentionParams p{1, 1, 4};
  const Doubles q = {2e5, 0, 0, 0}, keys = {-1, 0, 0, 0, -1, 0, 0, 0};
  const Doubles values = {1, 0, 0, 0, 3, 0, 0, 0};
  Doubles out(4);
  cca_attention<double>(q, keys, values, {0, 2}, p, std::span<double>(out));
  EXPECT_EQ(out[0], 2);
}

TEST(FailureModes, BoundedAttentionHoldsTheValueOfExactArithmetic) {
  const CcaAttentionParams p{4, 2, 8};
  const Doubles q = random_numbers(32, 1), keys = random_numbers(160, 2);
  const Doubles values = random_numbers(160, 3);
  Doubles exact(32);
  std::vector<Bounded> judged(32);
  cca_attention<double>(q, keys, values, {2, 10}, p, std::span<double>(exact));
  cca_attention<Bounded>(q, keys, values, {2, 10}, p, std::span<Bounded>(judged));
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_NEAR(judged[i].value, exact[i], 1e-14);
    EXPECT_GT(judged[i].bound, 1e-9);
    EXPECT_LT(judged[i].bound, 1e-4);
  }
}

TEST(FailureModes, TheFixturesTemperaturesAreNotZero) {  // A2
  for (const char* name : {"t0", "t1"}) {
    for (const BlockWeights& b : synthetic_model(name).weights.blocks) {
      for (std::int64_t j = 0; j < 2; ++j) EXPECT_GT(std::abs(b.mixing.temperature[j]), 0.1);
    }
  }
}

TEST(FailureModes, FoldedConvolutionsGiveTheSameSums) {  // spec 3.2: y = A0 u'' + A1 u' + A2 u + b'
  ConvMixingParams p;
  p.num_heads = 2;
  p.num_kv_heads = 1;
  p.head_dim = 4;
  const std::size_t c = 12, d = 4;
  const Doubles w = random_numbers(2 * c, 1), b = random_numbers(c, 2);
  const Doubles gamma = random_numbers(c * d * 2, 3), beta = random_numbers(c, 4);
  const ConvMixingWeights weights{w, b, gamma, beta, {}};
  const Doubles u0 = random_numbers(c, 5), u1 = random_numbers(c, 6), u2 = random_numbers(c, 7);
  for (const bool first : {false, true}) {  // also at a sequence's start
    const Doubles old = first ? Doubles(c) : u0, previous = first ? Doubles(c) : u1;
    const auto before = depthwise_conv<double>(old, previous, weights, p);
    const auto now = depthwise_conv<double>(previous, u2, weights, p);
    for (std::size_t i = 0; i < c; ++i) {
      double folded = beta[i];
      for (std::size_t j = 0; j < d; ++j) {
        const std::size_t in = i / d * d + j;
        const double g0 = gamma[(i * d + j) * 2], g1 = gamma[(i * d + j) * 2 + 1];
        folded += g0 * w[2 * in] * old[in] + (g0 * w[2 * in + 1] + g1 * w[2 * in]) * previous[in] +
                  g1 * w[2 * in + 1] * u2[in] + (g0 + g1) * b[in];
      }
      EXPECT_NEAR(grouped_conv_at<double>(before, now, weights, p, static_cast<std::int64_t>(i)),
                  folded, 1e-14);
    }
  }
}

}  // namespace
}  // namespace kernelgate::reference
