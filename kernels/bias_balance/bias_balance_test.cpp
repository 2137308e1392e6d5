#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "harness/verify/testing.hpp"
#include "kernels/bias_balance/bias_balance.hpp"

namespace kernelgate {
namespace {

TEST(BiasBalanceCase, ParsesBackToTheSameCase) {
  const BiasBalanceCase c{.tokens = 99,
                          .experts = 24,
                          .step = 3,
                          .decay = 10,
                          .input = LoadInput::counts,
                          .load = LoadPattern::skipped};
  const std::string text = "tokens=99,experts=24,step=3,decay=10,input=counts,load=skipped";
  EXPECT_EQ(BiasBalanceCase::axes().print(c), text);
  EXPECT_EQ(BiasBalanceCase::axes().parse(text), c);
}

TEST(BiasBalanceCase, CountsEveryByteOnce) {
  BiasBalanceCase c{.tokens = 100, .experts = 4};
  EXPECT_EQ(c.traffic().bytes, 4 * 100 + 8 * 5 + 2 * 12 * 4);  // skip's entries are not accessed
  EXPECT_EQ(c.traffic().flops, 100 + 16 * 4);
  c.input = LoadInput::counts;
  EXPECT_EQ(c.traffic().bytes, 8 * 5 + 2 * 12 * 4);
}

TEST(BiasBalanceReference, FirstStepMovesEachBiasByTheRateAgainstItsExcess) {
  // From zero moments m/(1-b1) = g and sqrt(v/(1-b2)) = |g|: the change is the sign of g.
  const BiasBalanceCase c{.tokens = 8, .experts = 2};
  TensorSet t(c.tensors());
  for (Tensor& tensor : t.all()) fill_constant(tensor, 0);
  const int choices[] = {0, 0, 0, 0, 0, 1, 2, 2};  // 2 is skip
  for (int i = 0; i < 8; ++i) t["choice"].set(i, choices[i]);
  t["bias"].set(2, -1);
  const ReferenceValues reference_values = c.reference_values(t, DataMode::real, 1);
  EXPECT_EQ(reference_values.numeric[0].value, (std::vector<double>{5, 1, 2}));
  EXPECT_NEAR(reference_values.numeric[1].value[0], -1e-3, 1e-9);  // 5/8 > 1/2: falls
  EXPECT_NEAR(reference_values.numeric[1].value[1], 1e-3, 1e-9);   // 1/8 < 1/2: rises
  EXPECT_EQ(reference_values.numeric[1].value[2], -1);
  EXPECT_NEAR(reference_values.numeric[2].value[0], 0.1 * 0.125, 1e-12);
  EXPECT_NEAR(reference_values.numeric[3].value[1], 0.05 * 0.375 * 0.375, 1e-12);
}

TEST(BiasBalanceReference, AgreesWithASecondStepWorkedByHand) {
  const BiasBalanceCase c{
      .tokens = 4, .experts = 2, .step = 2, .decay = 512, .input = LoadInput::counts};
  TensorSet t(c.tensors());
  for (Tensor& tensor : t.all()) fill_constant(tensor, 0);
  t["count"].set(0, 3);  // g = 1/4
  t["count"].set(1, 1);
  t["bias"].set(0, 0.5);
  t["first"].set(0, 1.0 / 64);
  t["second"].set(0, 1.0 / 1024);
  const ReferenceValues reference_values = c.reference_values(t, DataMode::real, 1);
  const double m = 0.9 / 64 + 0.1 * 0.25;
  const double v = 0.95 / 1024 + 0.05 * 0.0625;
  const double change = (m / 0.19) / (std::sqrt(v / 0.0975) + 1e-8);
  EXPECT_NEAR(reference_values.numeric[0].value[0], 0.5 - 1e-3 * (change + 0.5 * 0.5), 1e-15);
  EXPECT_NEAR(reference_values.numeric[1].value[0], m, 1e-15);
  EXPECT_NEAR(reference_values.numeric[2].value[0], v, 1e-15);
}

enum class Fault {
  none,
  nothing_written,
  last_token_left_out,
  write_past_the_end,
  one_stale_count,
  sign_flipped,
  skip_moved,
  skip_in_the_mean,       // 1 / (E + 1)
  skipped_not_in_tokens,  // load over the routed tokens only
  no_bias_correction,
  betas_exchanged,
  epsilon_in_root,
  decay_in_gradient,  // L2 instead of AdamW's
  narrow_moments,
};

/// A plain serial bias_balance with one seeded bug.
void run_faulty(const BiasBalanceCase& c, TensorSet& t, Fault fault) {
  if (fault == Fault::nothing_written) return;
  const auto is = [&](Fault f) { return f == fault; };
  const std::int64_t experts = c.experts;
  if (c.input == LoadInput::choices) {
    for (std::int64_t e = 0; e <= experts; ++e) t["count"].set(e, 0);
    for (std::int64_t i = 0; i < c.tokens - (is(Fault::last_token_left_out) ? 1 : 0); ++i) {
      const auto e = static_cast<std::int64_t>(t["choice"].get(i));
      t["count"].set(e, t["count"].get(e) + 1);
    }
  }
  double tokens = static_cast<double>(c.tokens);
  if (is(Fault::skipped_not_in_tokens)) tokens -= t["count"].get(experts);
  const double mean = 1.0 / static_cast<double>(experts + (is(Fault::skip_in_the_mean) ? 1 : 0));
  const double b1 = is(Fault::betas_exchanged) ? 0.95 : 0.9;
  const double b2 = is(Fault::betas_exchanged) ? 0.9 : 0.95;
  const double step = static_cast<double>(c.step);
  const double u1 = is(Fault::no_bias_correction) ? 1 : 1 - std::pow(b1, step);
  const double u2 = is(Fault::no_bias_correction) ? 1 : 1 - std::pow(b2, step);
  for (std::int64_t e = 0; e < experts + (is(Fault::skip_moved) ? 1 : 0); ++e) {
    double g = t["count"].get(e) / tokens - mean;
    const double bias = t["bias"].get(e);
    if (is(Fault::decay_in_gradient)) g += c.weight_decay() * bias;
    double m = b1 * t["first"].get(e) + (1 - b1) * g;
    double v = b2 * t["second"].get(e) + (1 - b2) * g * g;
    if (is(Fault::narrow_moments)) m = round_to(Dtype::bf16, m), v = round_to(Dtype::bf16, v);
    t["first"].set(e, m);
    t["second"].set(e, v);
    double change = is(Fault::epsilon_in_root) ? (m / u1) / std::sqrt(v / u2 + 1e-8)
                                               : (m / u1) / (std::sqrt(v / u2) + 1e-8);
    if (!is(Fault::decay_in_gradient)) change += c.weight_decay() * bias;
    t["bias"].set(e, is(Fault::sign_flipped) ? bias + 1e-3 * change : bias - 1e-3 * change);
  }
  if (is(Fault::one_stale_count)) t["count"].set(1, t["count"].get(0));
  if (is(Fault::write_past_the_end)) t["bias"].set(experts + 1, 1);
}

struct FaultCase {
  Fault fault;
  const char* axes;
  DataMode mode;
};

class BiasBalanceFaults : public testing::TestWithParam<FaultCase> {};

TEST_P(BiasBalanceFaults, AreRefusedWhereTheSoundKernelPasses) {
  const FaultCase& f = GetParam();
  const auto check = [&](Fault fault) {
    return check_fault(case_of<BiasBalanceCase>(f.axes), f.mode, fault, run_faulty);
  };
  EXPECT_EQ(check(Fault::none).message, "");
  EXPECT_EQ(check(f.fault).status, Status::incorrect);
}

constexpr const char* skewed = "tokens=500,experts=8,step=5";
constexpr const char* decayed = "tokens=500,experts=8,step=5,decay=100";
constexpr const char* given = "tokens=500,experts=8,step=5,input=counts";
constexpr const char* balanced = "tokens=512,experts=8,step=5,input=counts,load=even";
constexpr DataMode exact = DataMode::exact;
constexpr DataMode real = DataMode::real;

INSTANTIATE_TEST_SUITE_P(Judge, BiasBalanceFaults,
                         testing::Values(FaultCase{Fault::nothing_written, skewed, exact},
                                         FaultCase{Fault::nothing_written, given, real},
                                         FaultCase{Fault::last_token_left_out, skewed, exact},
                                         FaultCase{Fault::write_past_the_end, skewed, exact},
                                         FaultCase{Fault::one_stale_count, skewed, exact},
                                         FaultCase{Fault::sign_flipped, skewed, real},
                                         FaultCase{Fault::skip_moved, skewed, real},
                                         FaultCase{Fault::skip_moved, balanced, exact},
                                         FaultCase{Fault::skip_in_the_mean, given, real},
                                         FaultCase{Fault::skip_in_the_mean, balanced, exact},
                                         FaultCase{Fault::skipped_not_in_tokens, given, real},
                                         FaultCase{Fault::no_bias_correction, given, real},
                                         FaultCase{Fault::betas_exchanged, given, real},
                                         FaultCase{Fault::epsilon_in_root, given, real},
                                         FaultCase{Fault::decay_in_gradient, decayed, real},
                                         FaultCase{Fault::narrow_moments, given, real}));

TEST(BiasBalanceVariants, AreExactAndWithinBudgetAtOddShapes) {
  for (const CheckResult& result : check_shapes(
           "bias_balance", {"kokkos", "kokkos/device-shape"},
           {"tokens=1,experts=1,step=1", "tokens=1,experts=16,step=2,load=one",
            "tokens=999,experts=16,step=1", "tokens=40001,experts=24,step=100,decay=10",
            "tokens=4096,experts=16,load=even",
            "tokens=4096,experts=16,step=7,load=even,input=counts",
            "tokens=300,experts=16,step=3,load=skipped", "tokens=77,experts=1024,step=2"})) {
    EXPECT_EQ(result.status, Status::passed) << result.id() << "\n" << result.message;
  }
}

}  // namespace
}  // namespace kernelgate
