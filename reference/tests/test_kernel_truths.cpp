// Hand-worked values of the kernels' scalar references, and of the number type that bounds them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/bias_balance/bias_balance_reference.hpp"
#include "kernels/cca_attention/cca_attention_reference.hpp"
#include "kernels/conv_mixing/conv_mixing_reference.hpp"
#include "kernels/expert_gemm/expert_gemm_reference.hpp"
#include "kernels/linear/linear_reference.hpp"
#include "kernels/residual_norm/residual_norm_reference.hpp"
#include "kernels/router/router_reference.hpp"
#include "kernels/top_k/top_k_reference.hpp"

namespace kernelgate::reference {
namespace {

using Doubles = std::vector<double>;

TEST(Linear, MultipliesRowsOfTheWeightWithTheInput) {
  const Doubles w = {1, 2, 3, -4, 5, 0.5}, x = {2, -1, 4};
  Doubles y(2);
  linear<double>(w, x, std::span<double>(y));
  EXPECT_EQ(y, (Doubles{12, -11}));
}

TEST(Linear, ReadsSixteenBitWeights) {
  const std::vector<bf16> w = {from_float<bf16>(1.5F), from_float<bf16>(-2)};
  EXPECT_EQ(linear_at<double>(w, Doubles{2, 3}, 0), -3);
}

TEST(Linear, BoundGrowsWithTheMagnitudeNotTheValue) {
  const Doubles w = {1e6, -1e6}, x = {1, 1};
  const Bounded y = linear_at<Bounded>(w, x, 0);
  EXPECT_EQ(y.value, 0);
  EXPECT_DOUBLE_EQ(y.bound, 4 * std::sqrt(2.0) * 0x1p-24 * 2e6);
}

TEST(ResidualNorm, AddsTheBiasBeforeItScales) {
  const Doubles hs = {2}, hb = {1}, rs = {3}, rb = {-1}, g = {0.5};
  const ResidualScales scales{hs, hb, rs, rb};
  const auto out = residual_norm<double>(Doubles{4}, Doubles{5}, scales, g, 0);
  EXPECT_EQ(out.residual, Doubles{(4 + 1) * 2 + (5 - 1) * 3});
  EXPECT_EQ(out.normed, Doubles{0.5});
}

TEST(ResidualNorm, DividesByTheRootOfTheMeanSquare) {
  const Doubles x = {3, 4, 0, 0}, g = {1, 2, 1, 1};  // mean square 25/4, root 5/2
  Doubles y(4);
  rms_norm<double>(x, g, 0, y);
  EXPECT_DOUBLE_EQ(y[0], 1.2);
  EXPECT_DOUBLE_EQ(y[1], 3.2);
}

ConvMixingParams tiny() {
  ConvMixingParams p;
  p.num_heads = 1;
  p.num_kv_heads = 1;
  p.head_dim = 2;
  p.rotary_dims = 2;
  p.theta = 100;
  return p;
}

TEST(ConvMixing, PadsBeforeTheDepthwiseConvOnly) {
  // One channel of q: D_{-1} = b = 7, D_0 = 3 u + 7, grouped taps 1 (old) and 10 (new).
  const Doubles depthwise = {2, 3, 2, 3, 2, 3, 2, 3}, bias = {7, 7, 7, 7};
  const Doubles grouped = {1, 10, 0, 0, 0, 0, 1, 10, 1, 10, 0, 0, 0, 0, 1, 10};
  const ConvMixingWeights w{depthwise, bias, grouped, Doubles(4), Doubles(1)};
  const Doubles zeros(4), u = {1, 2, 3, 4};
  const auto p = tiny();
  const auto before = depthwise_conv<double>(zeros, zeros, w, p);
  const auto now = depthwise_conv<double>(zeros, u, w, p);
  EXPECT_EQ(before, Doubles(4, 7));
  const std::vector<double> grouped_bias(4);
  const ConvMixingWeights full{depthwise, bias, grouped, grouped_bias, {}};
  EXPECT_EQ(grouped_conv_at<double>(before, now, full, p, 0), 7 + 10 * (3 * 1 + 7));
  EXPECT_EQ(grouped_conv_at<double>(before, now, full, p, 3), 7 + 10 * (3 * 4 + 7));
}

TEST(ConvMixing, NormalisesHeadsToTheRootOfTheirWidthAndTurnsThem) {
  const Doubles depthwise(8), bias(4), grouped(16), grouped_bias(4), tau = {-3};
  const ConvMixingWeights w{depthwise, bias, grouped, grouped_bias, tau};
  // Convs give 0; q mean = k mean = (q + k) / 2 = (3, 4), so Q = (3, 4) sqrt(2) / 5.
  const Doubles u = {1, 2, 5, 6}, current = {8}, delayed = {9};
  ConvMixingState state(tiny());
  const ConvMixingChunk chunk{u, current, delayed, 1, 0};
  const auto out = conv_mixing<double>(chunk, w, tiny(), state);
  const double r = std::sqrt(2.0) / 5;
  EXPECT_NEAR(out.q[0], 3 * r, 1e-12);
  EXPECT_NEAR(out.q[1], 4 * r, 1e-12);
  EXPECT_NEAR(out.k[0], -9 * r, 1e-12);
  EXPECT_EQ(out.v, (Doubles{8, 0}));  // the first token has no delayed value
  EXPECT_EQ(state.newer, u);
  EXPECT_EQ(state.older, Doubles(4));
  EXPECT_EQ(state.lag, Doubles{9});

  Doubles head = {1, 0};  // position 2, one pair, frequency 1
  rotate_head<double>(head, 2, tiny());
  EXPECT_DOUBLE_EQ(head[0], std::cos(2.0));
  EXPECT_DOUBLE_EQ(head[1], std::sin(2.0));
}

TEST(ConvMixing, KeepsAnAllZeroHeadAtZero) {
  Doubles head(2);
  normalise_head<double>(head, tiny());
  EXPECT_EQ(head, Doubles(2));
}

TEST(ConvMixing, FrequenciesAreThoseOfTheModel) {  // spec 3.4
  ConvMixingParams p;
  p.angle = Dtype::f64;
  EXPECT_DOUBLE_EQ(rotary_angle(1, 1, p), 0.6175287581263234);
  EXPECT_DOUBLE_EQ(rotary_angle(1, 31, p), 3.2387155637387736e-07);
  p.theta = 1e4;
  EXPECT_DOUBLE_EQ(rotary_angle(1, 1, p), 0.7498942093324559);
}

TEST(Attention, WindowConventionsDifferByOneKey) {
  EXPECT_EQ(visible_keys(9, 5, WindowRule::counts_current).begin, 5);
  EXPECT_EQ(visible_keys(9, 5, WindowRule::keys_before).begin, 4);
  EXPECT_EQ(visible_keys(3, 5, WindowRule::counts_current).begin, 0);
  EXPECT_EQ(visible_keys(9, 0, WindowRule::counts_current).begin, 0);
}

TEST(Attention, MixesValuesByTheSoftmaxOfScaledScores) {
  const CcaAttentionParams p{2, 1, 4};
  // head 0 scores 2 ln 3 / sqrt 4 = ln 3 and 0: weights 3/4, 1/4. head 1: equal weights.
  const Doubles q = {2 * std::log(3.0), 0, 0, 0, 0, 1, 0, 0};
  const Doubles keys = {1, 0, 0, 0, 0, 0, 0, 0}, values = {4, 8, 0, 0, 0, 0, 12, 0};
  Doubles out(8);
  cca_attention<double>(q, keys, values, {0, 2}, p, std::span<double>(out));
  const Doubles expected = {3, 6, 3, 0, 2, 4, 6, 0};
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(out[i], expected[i], 1e-14);
}

TEST(Attention, GivesZerosWhenNoKeyIsVisible) {
  const CcaAttentionParams p{1, 1, 2};
  Doubles out = {5, 5};
  cca_attention<double>(Doubles{1, 1}, Doubles{1, 1}, Doubles{1, 1}, {1, 1}, p,
                        std::span<double>(out));
  EXPECT_EQ(out, Doubles(2));
}

TEST(Router, BiasesChooseButDoNotWeigh) {
  Routing<double> r;
  r.probability = {0.5, 0.3, 0.2};
  choose(r, Doubles{0, 0.1, 0.4}, RouterCandidates::experts_and_skip);
  EXPECT_EQ(r.choice, 2);
  EXPECT_EQ(r.weight, 0.2);
  EXPECT_NEAR(r.margin, 0.1, 1e-15);
  choose(r, Doubles{0, 0.1, 0.4}, RouterCandidates::experts_only);
  EXPECT_EQ(r.choice, 0);
}

TEST(Router, EqualBiasedValuesGoToTheLowestIndex) {
  Routing<double> r;
  r.probability = {0.25, 0.5, 0.25, 0};
  choose(r, Doubles{0.25, 0, 0.25, 0}, RouterCandidates::experts_and_skip);
  EXPECT_EQ(r.choice, 0);
  EXPECT_EQ(r.margin, 0);
}

TEST(Router, GeluIsTheExactOne) {
  EXPECT_NEAR(gelu(1.0), 0.84134474606854293, 1e-15);  // the normal cumulative distribution at 1
}

TEST(Experts, WeighTheDownProjectionOfSiluGateTimesUp) {
  const double silu2 = 2 / (1 + std::exp(-2.0));
  const Doubles gate_up = {2, 3}, down = {5}, x = {1};
  Doubles y(1);
  expert<double>(gate_up, down, x, 0.5, std::span<double>(y));
  EXPECT_DOUBLE_EQ(y[0], 0.5 * 5 * silu2 * 3);
}

TEST(Experts, SkippingTokensGetZeroOrTheirWeightedInput) {
  Doubles y(1, 9);
  skip_expert<double>(Doubles{4}, 0.25, SkipRule::zero, y);
  EXPECT_EQ(y[0], 0);
  skip_expert<double>(Doubles{4}, 0.25, SkipRule::identity, y);
  EXPECT_EQ(y[0], 1);
}

TEST(Experts, GroupingIsStableAndInvertible) {
  const std::vector<std::int64_t> choice = {3, 0, 3, 1, 0};
  const Grouping g = group_tokens(choice, 4);
  EXPECT_EQ(g.offset, (std::vector<std::int64_t>{0, 2, 3, 3, 5}));
  EXPECT_EQ(g.order, (std::vector<std::int64_t>{1, 4, 3, 0, 2}));
  EXPECT_EQ(g.inverse, (std::vector<std::int64_t>{3, 0, 4, 2, 1}));
}

TEST(TopK, OrdersAllFloatsAndPrefersTheLowestIndex) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = INFINITY;
  const std::vector<float> row = {1, -inf, 2, 2, nan, inf, -nan, 9, 9};
  EXPECT_EQ(top_k(row, 7, 6), (std::vector<std::int32_t>{4, 5, 2, 3, 0, 1}));
  EXPECT_EQ(top_k(row, 2, 4), (std::vector<std::int32_t>{0, 1, -1, -1}));
  EXPECT_LT(top_k_key(0.0F), top_k_key(-0.0F));
  EXPECT_LT(top_k_key(1e-45F), top_k_key(0.0F));
}

TEST(BiasBalance, MovesAnOverusedExpertDownByTheRateInItsFirstStep) {
  BiasBalanceState<double> s{{0, 0}, {0, 0}, {0, 0}};
  balance_biases<double>(std::vector<std::int64_t>{3, 1}, 4, 1, {.epsilon = 0}, s);
  EXPECT_NEAR(s.bias[0], -1e-3, 1e-12);  // AdamW's first step is rate * sign
  EXPECT_NEAR(s.bias[1], 1e-3, 1e-12);
  EXPECT_DOUBLE_EQ(load_balance(std::vector<std::int64_t>{2, 2}), 1);
  EXPECT_DOUBLE_EQ(load_balance(std::vector<std::int64_t>{4, 0}), 0);
}

}  // namespace
}  // namespace kernelgate::reference
