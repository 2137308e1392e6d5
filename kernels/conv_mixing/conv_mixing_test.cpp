#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "harness/verify/testing.hpp"
#include "kernels/conv_mixing/conv_mixing.hpp"
#include "kernels/conv_mixing/conv_mixing_faults.hpp"
#include "kernels/conv_mixing/rope_table.hpp"

namespace kernelgate {
namespace {

constexpr auto parsed = case_of<ConvMixingCase>;

// Runs the serial kernel with a seeded bug and returns the verification status.
Status status_of(const std::string& axes, DataMode mode, ConvFault fault) {
  const auto run = [](const ConvMixingCase& c, TensorSet& tensors, ConvFault planted) {
    FaultyConvMixing(c, tensors, planted).run();
  };
  return check_fault(parsed(axes), mode, fault, run).status;
}

TEST(ConvMixingCase, ParsesBackToTheSameCase) {
  const ConvMixingCase c{.tokens = 7,
                         .heads = 6,
                         .kv_heads = 3,
                         .head_dim = 64,
                         .rotary = 32,
                         .theta = 10'000,
                         .position = 99,
                         .form = ConvForm::decode,
                         .stage = ConvStage::conv,
                         .inputs = ConvInputs::small,
                         .type = Dtype::f16};
  const std::string text =
      "tokens=7,heads=6,kv_heads=3,head_dim=64,rotary=32,theta=10000,position=99,form=decode,"
      "stage=conv,inputs=small,f16";
  EXPECT_EQ(ConvMixingCase::axes().print(c), text);
  EXPECT_EQ(ConvMixingCase::axes().parse(text), c);
}

TEST(ConvMixingCase, RefusesAxesThatContradictEachOther) {
  EXPECT_THROW(parsed("heads=3,kv_heads=2"), BadInput);
  EXPECT_THROW(parsed("head_dim=7"), BadInput);
  EXPECT_THROW(parsed("head_dim=8,rotary=10"), BadInput);
}

TEST(ConvMixingCase, CountsEveryByteOnce) {
  // C = 3*4 = 12, L = 2; a row of qkv has 16 elements; weights 12*(2+1+8+1) + 1.
  const ConvMixingCase prefill = parsed("tokens=5,heads=2,kv_heads=1,head_dim=4,rotary=2,bf16");
  EXPECT_EQ(prefill.traffic().bytes, 2 * (5 * 16 + 145 + 5 * 16) + 4 * (5 + 1) + 4 * 26);
  EXPECT_EQ(prefill.traffic().flops, 5 * 12 * (4 + 16 + 12));
  // Row 3 of 5 is padding: 4 rows are read, their states read and written; 5 output rows are
  // written.
  const ConvMixingCase decode =
      parsed("tokens=5,heads=2,kv_heads=1,head_dim=4,rotary=2,form=decode,f32");
  EXPECT_EQ(decode.live_rows(), 4);
  EXPECT_EQ(decode.traffic().bytes, 4 * (4 * 16 + 145 + 5 * 16) + 4 * (4 + 5) + 2 * 4 * 4 * 26);
  for (std::int64_t rows = 1; rows < 30; ++rows) {
    const ConvMixingCase c{.tokens = rows, .form = ConvForm::decode};
    std::int64_t live = 0;
    for (std::int64_t r = 0; r < rows; ++r) live += c.slot_of(r) >= 0 ? 1 : 0;
    EXPECT_EQ(c.live_rows(), live) << rows;
  }
}

// One query head and one key head of 2 channels, with numbers that can be checked by hand.
TEST(ConvMixingReference, EqualsHandWorkedTokens) {
  const ConvMixingCase c = parsed("tokens=2,heads=1,kv_heads=1,head_dim=2,rotary=0,stage=conv,f32");
  TensorSet t(c.tensors());
  for (Tensor& tensor : t.all()) fill_constant(tensor, 0);
  const auto put = [&](std::string_view name, const std::vector<double>& list) {
    for (std::size_t i = 0; i < list.size(); ++i)
      t[name].set(static_cast<std::int64_t>(i), list[i]);
  };
  put("qkv", {1, 2, 3, 4, 50, 60, /**/ 5, 6, 7, 8, 70, 80});
  put("depthwise", {10, 1, 0, 1, 0, 1, 0, 1});  // D of channel 0: 10 older + newer + 1, else newer
  put("depthwise_bias", {1, 0, 0, 0});
  // Query output 0: 100 D_{t-1}[0] + D_t[1]; all others 0.
  put("grouped", {100, 0, 0, 1});
  put("grouped_bias", {0, 3, 0, 0});
  const ReferenceValues reference_values = c.reference_values(t, DataMode::exact, 1);
  // Token 0: D_{-1}[0] = 1 (the bias, not 0), D_0[1] = 2. Token 1: D_0[0] = 1 + 1 = 2, D_1[1] = 6.
  // Means of q and k: (1+3)/2 = 2, (2+4)/2 = 3; (5+7)/2 = 6, (6+8)/2 = 7.
  EXPECT_EQ(reference_values.numeric[0].value,
            (std::vector<double>{102 + 2, 3 + 3, 206 + 6, 3 + 7}));
  EXPECT_EQ(reference_values.numeric[1].value, (std::vector<double>{2, 3, 6, 7}));
  EXPECT_EQ(reference_values.numeric[2].value,
            (std::vector<double>{50, 0, 70, 60}));  // v, delayed by one
  EXPECT_EQ(reference_values.numeric[3].value,
            (std::vector<double>{1, 5, 2, 6, 3, 7, 4, 8}));  // the state
  EXPECT_EQ(reference_values.numeric[4].value, std::vector<double>{80});
}

TEST(ConvMixingReference, GivesNormalisedRotatedHeads) {
  // No convolution (all weights 0): heads are means (q + k) / 2 = (3, 4), norm 5, times sqrt 2;
  // K times tau = 2; one pair at frequency 1: position 1 rotates by 1 radian.
  const ConvMixingCase c = parsed("tokens=1,heads=1,kv_heads=1,head_dim=2,rotary=2,position=1,f32");
  TensorSet t(c.tensors());
  for (Tensor& tensor : t.all()) fill_constant(tensor, 0);
  const double qkv[] = {2, 3, 4, 5, 0, 0};
  for (int i = 0; i < 6; ++i) t["qkv"].set(i, qkv[i]);
  t["temperature"].set(0, 2);
  t["position"].set(0, 1);
  const ReferenceValues reference_values = c.reference_values(t, DataMode::real, 1);
  const double low = 3 * std::sqrt(2.0) / 5;
  const double high = 4 * std::sqrt(2.0) / 5;
  const double q0 = low * std::cos(1.0) - high * std::sin(1.0);
  const double q1 = high * std::cos(1.0) + low * std::sin(1.0);
  EXPECT_NEAR(reference_values.numeric[0].value[0], q0, 1e-12);
  EXPECT_NEAR(reference_values.numeric[0].value[1], q1, 1e-12);
  EXPECT_NEAR(reference_values.numeric[1].value[0], 2 * q0, 1e-12);
  EXPECT_LT(reference_values.numeric[0].error_bound[0], 2e-6);
}

TEST(ConvMixingReference, ExactInputsLeaveEveryPartialSumBelowTheLimitOfF32) {
  for (const char* axes : {"tokens=9,stage=conv,f32", "tokens=9,stage=conv,bf16",
                           "tokens=9,heads=6,head_dim=64,rotary=32,stage=conv,f16",
                           "tokens=9,heads=16,stage=conv,f16"}) {
    const ConvMixingCase c = parsed(axes);
    TensorSet t(c.tensors());
    c.fill(t, DataMode::exact, 3);
    const auto largest = [&](std::string_view name) {
      double most = 0;
      for (std::int64_t i = 0; i < t[name].count(); ++i) {
        EXPECT_NE(t[name].get(i), 0) << name;
        most = std::max(most, std::abs(t[name].get(i)));
      }
      return most;
    };
    const double depth = 2 * largest("depthwise") * largest("qkv") + largest("depthwise_bias");
    const double sum = 2 * static_cast<double>(c.head_dim) * largest("grouped") * depth +
                       largest("grouped_bias") + largest("qkv");
    const std::int64_t share = c.heads / c.kv_heads;  // fractional bits of means
    EXPECT_LT(sum * 2 * static_cast<double>(share), 0x1p24) << axes;
  }
}

struct FaultCase {
  ConvFault fault;
  const char* axes;
  DataMode mode;
};

class ConvMixingFaults : public testing::TestWithParam<FaultCase> {};

TEST_P(ConvMixingFaults, AreRefusedWhereTheSoundKernelPasses) {
  const FaultCase& f = GetParam();
  EXPECT_EQ(status_of(f.axes, f.mode, ConvFault::none), Status::passed);
  EXPECT_EQ(status_of(f.axes, f.mode, f.fault), Status::incorrect);
}

constexpr const char* small_conv = "tokens=6,heads=4,head_dim=16,rotary=8,stage=conv,bf16";
constexpr const char* small_chunk =
    "tokens=6,heads=4,head_dim=16,rotary=8,position=5,form=chunk,bf16";
constexpr const char* small_prefill = "tokens=6,heads=4,head_dim=16,rotary=8,position=3,f32";
constexpr const char* small_decode =
    "tokens=9,heads=4,head_dim=16,rotary=8,position=70,form=decode,bf16";
constexpr const char* one_token = "tokens=1,heads=4,head_dim=16,rotary=8,form=chunk,f32";
constexpr const char* tiny_norms = "tokens=4,heads=4,head_dim=16,rotary=8,inputs=small,bf16";
constexpr const char* zero_heads = "tokens=4,heads=4,head_dim=16,rotary=8,inputs=zeros,bf16";
constexpr DataMode exact = DataMode::exact;
constexpr DataMode real = DataMode::real;

INSTANTIATE_TEST_SUITE_P(
    Judge, ConvMixingFaults,
    testing::Values(FaultCase{ConvFault::nothing_written, small_conv, exact},
                    FaultCase{ConvFault::nothing_written, small_prefill, real},
                    FaultCase{ConvFault::one_stale_element, small_conv, exact},
                    FaultCase{ConvFault::one_stale_element, small_decode, real},
                    FaultCase{ConvFault::write_past_the_end, small_prefill, real},
                    FaultCase{ConvFault::last_term_dropped, small_conv, exact},
                    FaultCase{ConvFault::last_term_dropped, small_prefill, real},
                    FaultCase{ConvFault::narrow_accumulator, small_conv, exact},
                    FaultCase{ConvFault::narrow_accumulator, small_prefill, real},
                    FaultCase{ConvFault::taps_swapped, small_conv, exact},
                    FaultCase{ConvFault::taps_swapped, small_decode, real},
                    FaultCase{ConvFault::grouped_transposed, small_conv, exact},
                    FaultCase{ConvFault::grouped_transposed, small_chunk, real},
                    FaultCase{ConvFault::zero_between_convs, small_conv, exact},
                    FaultCase{ConvFault::zero_between_convs, small_prefill, real},
                    FaultCase{ConvFault::state_before_read, small_chunk, real},
                    FaultCase{ConvFault::state_before_read, small_decode, real},
                    FaultCase{ConvFault::one_state_row, small_decode, real},
                    FaultCase{ConvFault::state_in_bf16, one_token, real},
                    FaultCase{ConvFault::short_chunk, one_token, real},
                    FaultCase{ConvFault::padding_writes, small_decode, real},
                    FaultCase{ConvFault::values_interleaved, small_prefill, real},
                    FaultCase{ConvFault::means_after_conv, small_conv, exact},
                    FaultCase{ConvFault::heads_modulo, small_conv, exact},
                    FaultCase{ConvFault::heads_modulo, small_prefill, real},
                    FaultCase{ConvFault::no_means, small_conv, exact},
                    FaultCase{ConvFault::exp_temperature, small_prefill, real},
                    FaultCase{ConvFault::no_guard, zero_heads, real},
                    FaultCase{ConvFault::clamped_norm, tiny_norms, real},
                    FaultCase{ConvFault::rope_interleaved, small_prefill, real},
                    FaultCase{ConvFault::rope_second_half, small_prefill, real},
                    FaultCase{ConvFault::rope_exponent_over_d, small_decode, real}));

TEST(CosSin, StaysWithinOneUlpUpToTheLargestPosition) {
  for (std::int64_t i = 0; i < 200'000; ++i) {
    const float angle = static_cast<float>(uniform(7, i) * (i % 2 == 0 ? 131'071.0 : 8.0));
    const CosSin got = cos_sin(angle);
    const double c = std::cos(static_cast<double>(angle));
    const double s = std::sin(static_cast<double>(angle));
    ASSERT_LE(std::abs(got.cosine - c), 0x1p-23 * std::abs(c)) << angle;
    ASSERT_LE(std::abs(got.sine - s), 0x1p-23 * std::abs(s)) << angle;
  }
}

class ConvMixingVariants : public testing::TestWithParam<const char*> {};

TEST_P(ConvMixingVariants, AreExactAndWithinBudgetAtOddShapes) {
  const std::string variant = GetParam();
  for (const CheckResult& result : check_shapes(
           "conv_mixing", {variant},
           {"tokens=1,stage=conv,f32",
            "tokens=2,stage=conv,bf16",
            "tokens=3,stage=conv,f16",
            "tokens=35,heads=6,head_dim=64,rotary=32,stage=conv,bf16",
            "tokens=35,heads=6,head_dim=64,rotary=32,form=chunk,stage=conv,f32",
            "tokens=23,heads=3,kv_heads=3,head_dim=6,rotary=4,form=decode,stage=conv,f16",
            "tokens=33,heads=3,kv_heads=1,head_dim=40,rotary=40,form=chunk,position=77,f32",
            "tokens=1,form=chunk,position=131071,f32",
            "tokens=2,form=chunk,position=131071,bf16",
            "tokens=17,form=chunk,theta=10000,position=262143,f32",
            "tokens=21,form=decode,position=131071,f32",
            "tokens=5,form=decode,position=9,bf16",
            "tokens=1,form=decode,stage=conv,f32",
            "tokens=5,inputs=zeros,f32",
            "tokens=7,inputs=small,f32",
            "tokens=7,inputs=small,f16",
            "tokens=4,rotary=0,f32",
            "tokens=19,head_dim=256,rotary=128,stage=conv,bf16",
            "tokens=130,heads=4,head_dim=72,rotary=40,f16",
            "tokens=53,heads=6,kv_heads=2,head_dim=22,rotary=6,form=chunk,position=3,f32",
            "tokens=61,heads=6,kv_heads=2,head_dim=80,rotary=64,stage=conv,bf16"})) {
    EXPECT_EQ(result.status, Status::passed) << result.id() << "\n" << result.message;
  }
}

INSTANTIATE_TEST_SUITE_P(Build, ConvMixingVariants, testing::Values("kokkos", "kokkos/cpu"));

}  // namespace
}  // namespace kernelgate
