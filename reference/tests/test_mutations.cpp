// Every known way to implement this model incorrectly, as a seeded bug (specification, appendix B).
// The logits must differ from the golden ones by the table's values, which far exceed the tolerance
// of every test.
#include <gtest/gtest.h>

#include <cmath>

#include "reference/tests/golden.hpp"
#include "reference/tests/witness.hpp"

namespace kernelgate::reference {
namespace {

/// One row of the table: largest change of a logit, first position and number of positions that
/// change by more than 1e-3, and how many of the 12 argmaxes flip.
struct Expected {
  Mutation mutation;
  const char* name;
  double change;
  int first, rows, flips;
};

constexpr Expected table[] = {
    {Mutation::zero_pad_between_convs, "zero_pad_between_convs", 0.432, 1, 11, 0},
    {Mutation::depthwise_bias_missing, "depthwise_bias_missing", 2.103, 1, 11, 0},
    {Mutation::depthwise_taps_swapped, "depthwise_taps_swapped", 13.14, 1, 11, 10},
    {Mutation::grouped_taps_swapped, "grouped_taps_swapped", 15.81, 1, 11, 9},
    {Mutation::grouped_transposed, "grouped_transposed", 14.02, 1, 11, 7},
    {Mutation::no_qk_mean, "no_qk_mean", 15.50, 1, 11, 8},
    {Mutation::gqa_modulo, "gqa_modulo", 19.98, 0, 12, 11},
    {Mutation::no_value_shift, "no_value_shift", 18.24, 0, 12, 12},
    {Mutation::value_halves_per_head, "value_halves_per_head", 17.48, 0, 12, 10},
    {Mutation::value_halves_swapped, "value_halves_swapped", 22.18, 0, 12, 11},
    {Mutation::temperature_exp, "temperature_exp", 10.16, 1, 11, 4},
    {Mutation::temperature_ignored, "temperature_ignored", 6.46, 1, 11, 3},
    {Mutation::no_root_d, "no_root_d", 13.99, 1, 11, 9},
    {Mutation::one_theta, "one_theta", 0.642, 1, 11, 0},
    {Mutation::rope_exponent_over_d, "rope_exponent_over_d", 3.145, 1, 11, 0},
    {Mutation::rope_second_half, "rope_second_half", 9.81, 1, 11, 5},
    {Mutation::rope_interleaved, "rope_interleaved", 6.56, 1, 11, 3},
    {Mutation::window_ignored, "window_ignored", 13.76, 5, 7, 5},
    {Mutation::window_plus_one, "window_plus_one", 7.56, 5, 7, 4},
    {Mutation::window_minus_one, "window_minus_one", 5.20, 4, 8, 2},
    {Mutation::scale_before_bias, "scale_before_bias", 1.869, 0, 12, 0},
    {Mutation::residual_biases_missing, "residual_biases_missing", 4.853, 0, 12, 2},
    {Mutation::bf16_residual, "bf16_residual", 0.083, 0, 12, 0},
    {Mutation::no_eda, "no_eda", 6.82, 0, 12, 2},
    {Mutation::scalar_eda, "scalar_eda", 5.48, 0, 12, 1},
    {Mutation::eda_not_accumulated, "eda_not_accumulated", 5.27, 0, 12, 2},
    {Mutation::eda_post_norm, "eda_post_norm", 4.05, 0, 12, 1},
    {Mutation::tanh_gelu, "tanh_gelu", 0.0024, 1, 4, 0},
    {Mutation::balancing_ignored, "balancing_ignored", 4.59, 1, 11, 5},
    {Mutation::balancing_on_logits, "balancing_on_logits", 3.97, 1, 11, 2},
    {Mutation::skip_dropped, "skip_dropped", 4.46, 0, 12, 2},
    {Mutation::biased_weight, "biased_weight", 3.75, 0, 12, 2},
    {Mutation::unit_weight, "unit_weight", 12.40, 0, 12, 9},
    {Mutation::gate_up_swapped, "gate_up_swapped", 6.46, 0, 12, 4},
    {Mutation::skip_identity, "skip_identity", 4.91, 0, 12, 3},
    {Mutation::decode_conv_zeroed, "decode_conv_zeroed", 10.44, 5, 7, 3},
    {Mutation::decode_columns_swapped, "decode_columns_swapped", 8.96, 5, 7, 6},
    {Mutation::decode_shift_before_read, "decode_shift_before_read", 8.81, 5, 7, 5},
    {Mutation::decode_lag_zeroed, "decode_lag_zeroed", 14.33, 5, 7, 5},
    {Mutation::decode_conv_bf16, "decode_conv_bf16", 0.021, 5, 7, 0}};

Witness witness_t1() {
  const ModelConfig config = *named_config("t1");
  return {config, synthetic_tensors(config, false)};
}

TEST(Witness, UnbrokenGivesTheLogitsOfTheModel) {
  const Logits logits = golden_logits(golden_model("t1"));
  for (const std::size_t decode_from : {std::size_t{1000}, std::size_t{5}}) {
    const Matrix second = witness_t1().logits(golden_ids, Mutation::none, decode_from);
    for (std::size_t t = 0; t < 12; ++t) {
      for (std::size_t v = 0; v < 512; ++v) {
        ASSERT_NEAR(second[t][v], logits.at(0, static_cast<std::int64_t>(t))[v], 1e-9);
      }
    }
  }
}

TEST(Witness, BrokenAsTheModelsOtherSkipRulesAreGivesTheirLogits) {
  const std::pair<SkipRule, Mutation> rules[] = {{SkipRule::identity, Mutation::skip_identity},
                                                 {SkipRule::drop, Mutation::skip_dropped}};
  for (const auto& [rule, mutation] : rules) {
    const Logits logits = golden_logits(golden_model("t1", Precision::f64(), rule));
    const Matrix second = witness_t1().logits(golden_ids, mutation);
    for (std::size_t v = 0; v < 512; ++v) ASSERT_NEAR(second[11][v], logits.at(0, 11)[v], 1e-9);
  }
}

class Mutations : public testing::TestWithParam<Expected> {};

TEST_P(Mutations, AreSeenByAsMuchAsTheTableSays) {
  const Expected& expected = GetParam();
  const bool decode = expected.mutation >= Mutation::decode_conv_zeroed;
  const Logits golden = golden_logits(golden_model("t1"));
  const Matrix broken = witness_t1().logits(golden_ids, expected.mutation, decode ? 5 : 1000);
  double change = 0;
  int first = -1, rows = 0, flips = 0;
  for (int t = 0; t < 12; ++t) {
    const Row& row = broken[static_cast<std::size_t>(t)];
    double here = 0;
    for (std::size_t v = 0; v < row.size(); ++v) {
      here = std::max(here, std::abs(row[v] - golden.at(0, t)[v]));
    }
    change = std::max(change, here);
    rows += here > 1e-3 ? 1 : 0;
    if (here > 1e-3 && first < 0) first = t;
    const auto argmax = std::max_element(row.begin(), row.end()) - row.begin();
    flips += argmax == golden.argmax(0, t) ? 0 : 1;
  }
  EXPECT_GT(change, 10 * 1e-4);  // ten times the tolerance of f32 tests
  // The table prints two to four digits. Mutations that round to bf16 also depend on where they
  // round.
  const bool rounds = expected.mutation == Mutation::bf16_residual ||
                      expected.mutation == Mutation::decode_conv_bf16;
  EXPECT_NEAR(change, expected.change, (rounds ? 0.1 : 0.002) * expected.change + 5e-5);
  EXPECT_EQ(first, expected.first);
  EXPECT_EQ(rows, expected.rows);
  EXPECT_EQ(flips, expected.flips);
}

INSTANTIATE_TEST_SUITE_P(AppendixB, Mutations, testing::ValuesIn(table),
                         [](const auto& given) { return std::string(given.param.name); });

}  // namespace
}  // namespace kernelgate::reference
