#include "kernels/expert_gemm_w4/expert_gemm_w4.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/verify/testing.hpp"
#include "kernels/common/cpu/four_bit_test_variants.hpp"

namespace kernelgate {
namespace {

TEST(ExpertGemmW4Case, ParsesBackToTheSameCase) {
  const ExpertGemmW4Case c{.tokens = 5,
                           .hidden = 64,
                           .inter = 128,
                           .experts = 3,
                           .format = FourBitFormat::nf4,
                           .block = 64,
                           .scales = ScalePattern::edges,
                           .routing = RoutingPattern::balanced,
                           .skip = SkipRule::identity,
                           .type = Dtype::f16};
  EXPECT_EQ(ExpertGemmW4Case::axes().print(c),
            "tokens=5,hidden=64,inter=128,experts=3,format=nf4,block=64,scales=edges,"
            "routing=balanced,skip=identity,f16");
  EXPECT_EQ(ExpertGemmW4Case::axes().parse(ExpertGemmW4Case::axes().print(c)), c);
}

TEST(ExpertGemmW4Case, RowsThatAreNotWholeBlocksAreRefused) {
  EXPECT_THROW((ExpertGemmW4Case{.hidden = 80}.validate()), BadInput);
  EXPECT_THROW((ExpertGemmW4Case{.inter = 48}.validate()), BadInput);
}

TEST(ExpertGemmW4Case, CountsTheExpertsThatWereHit) {
  // All to the last expert: 3 matrices of 64 x 32 weights at 17 bytes per 32; h, m, choice, weight.
  const ExpertGemmW4Case c{.tokens = 2,
                           .hidden = 32,
                           .inter = 64,
                           .experts = 4,
                           .routing = RoutingPattern::one,
                           .type = Dtype::bf16};
  EXPECT_EQ(c.traffic().bytes, 3 * 64 * 17 + 2 * 2 * 32 * 2 + 2 * 8);
  EXPECT_EQ(c.traffic().flops, 2 * 6 * 32 * 64);
}

TEST(ExpertGemmW4Reference, EqualsAHandWorkedToken) {
  const ExpertGemmW4Case c{
      .tokens = 1, .hidden = 32, .inter = 32, .experts = 1, .routing = RoutingPattern::one};
  TensorSet t(c.tensors());
  for (Tensor& tensor : t.all()) {
    for (std::int64_t i = 0; i < tensor.count(); ++i) tensor.set(i, 0);
  }
  t["h"].set(1, 2);
  t["weight"].set(0, 0.5);
  t["gate_up_codes"].set(3 * 16, 0x20);         // gate 3, element 1: code 2, 1
  t["gate_up_codes"].set((32 + 3) * 16, 0x50);  // up 3, element 1: code 5, 3
  for (int i = 0; i < 64; ++i) t["gate_up_scales"].set(i, 127);
  t["down_codes"].set(7 * 16 + 1, 0xA0);  // output 7, element 3: code 10, -1
  for (int i = 0; i < 32; ++i) t["down_scales"].set(i, 126);
  const ReferenceValues reference_values = c.reference_values(t, DataMode::real, 1);
  // gate 2, up 6: inner 12 / (1 + e^-2); down -1/2; weight 1/2.
  EXPECT_NEAR(reference_values.numeric[0].value[7], -0.25 * 12 / (1 + std::exp(-2.0)), 1e-12);
  for (std::size_t i = 0; i < 32; ++i) {
    if (i == 7) continue;
    EXPECT_EQ(reference_values.numeric[0].value[i], 0) << i;
  }
}

TEST(ExpertGemmW4Reference, ANaNScaleReachesWhatItMultipliesAndNoMore) {
  const ExpertGemmW4Case c{.tokens = 12,
                           .hidden = 64,
                           .inter = 64,
                           .experts = 3,
                           .scales = ScalePattern::edges,
                           .routing = RoutingPattern::balanced};
  TensorSet t(c.tensors());
  c.fill(t, DataMode::real, 1);
  const ReferenceValues reference_values = c.reference_values(t, DataMode::real, 1);
  for (std::size_t i = 0; i < reference_values.numeric[0].value.size(); ++i) {
    const bool last_expert = i / 64 % 3 == 2;
    EXPECT_EQ(std::isnan(reference_values.numeric[0].value[i]), last_expert || i % 4 == 1) << i;
  }
}

TEST(ExpertGemmW4Variants, AreWithinBudgetAtOddShapes) {
  for (const CheckResult& result : check_shapes(
           "expert_gemm_w4", four_bit_variants(),
           {"tokens=1,hidden=32,inter=32,experts=1,routing=one,f32",
            "tokens=1,hidden=96,inter=64,experts=2,scales=edges,bf16",
            "tokens=13,hidden=64,inter=160,experts=5,scales=edges,skip=identity,f16",
            "tokens=20,hidden=128,inter=64,experts=3,format=nf4,block=64,scales=edges,f32",
            "tokens=67,hidden=288,inter=96,experts=2,scales=edges,routing=one,bf16",
            "tokens=70,hidden=64,inter=320,experts=2,format=nf4,block=64,routing=empty,bf16",
            "tokens=130,hidden=96,inter=64,experts=3,skip=drop,f16",
            "tokens=4,hidden=32,inter=32,experts=4,routing=skip,skip=identity,f32"})) {
    EXPECT_EQ(result.status, Status::passed) << result.id() << "\n" << result.message;
  }
}

/// Seeded bugs of a scalar kernel.
enum class Fault { none, nibbles_swapped, up_scales_of_gate, nan_ignored, last_block_dropped };

auto scalar_kernel(Fault fault) {
  return [fault](const ExpertGemmW4Case& c, TensorSet& t) {
    return make_launch([fault, c, &t] {
      const auto dot = [&](const char* codes, const char* scales, std::int64_t row,
                           std::int64_t scale_row, const std::vector<float>& x) {
        const auto columns = static_cast<std::int64_t>(x.size());
        const FourBitView view(c.layout(), columns, t[codes].as<std::uint8_t>().data(),
                               t[scales].data());
        const std::int64_t used = columns - (fault == Fault::last_block_dropped ? c.block : 0);
        float sum = 0;
        for (std::int64_t k = 0; k < used; ++k) {
          const std::uint8_t code = view.code(row, fault == Fault::nibbles_swapped ? (k ^ 1) : k);
          double scale = view.scale(scale_row, k / c.block);
          if (fault == Fault::nan_ignored && std::isnan(scale)) scale = 1;
          sum += static_cast<float>(code_values(c.format)[code] * scale) *
                 x[static_cast<std::size_t>(k)];
        }
        return sum;
      };
      for (std::int64_t n = 0; n < c.tokens; ++n) {
        const auto e = static_cast<std::int64_t>(t["choice"].get(n));
        std::vector<float> x, inner;
        for (std::int64_t k = 0; k < c.hidden; ++k) {
          x.push_back(static_cast<float>(t["h"].get(n * c.hidden + k)));
        }
        for (std::int64_t i = 0; e < c.experts && i < c.inter; ++i) {
          const std::int64_t row = e * 2 * c.inter + i, up = row + c.inter;
          const float gate = dot("gate_up_codes", "gate_up_scales", row, row, x);
          const std::int64_t scale_row = fault == Fault::up_scales_of_gate ? row : up;
          const float value = dot("gate_up_codes", "gate_up_scales", up, scale_row, x);
          inner.push_back(gate / (1 + std::exp(-gate)) * value);
        }
        for (std::int64_t o = 0; o < c.hidden; ++o) {
          const std::int64_t row = e * c.hidden + o;
          const double m = e < c.experts ? static_cast<float>(t["weight"].get(n)) *
                                               dot("down_codes", "down_scales", row, row, inner)
                                         : 0;
          t["m"].set(n * c.hidden + o, m);
        }
      }
    });
  };
}

TEST(ExpertGemmW4Reference, RefusesBrokenKernels) {
  using enum Fault;
  for (const FourBitFormat format : {FourBitFormat::mxfp4, FourBitFormat::nf4}) {
    const ExpertGemmW4Case c{.tokens = 6,
                             .hidden = 96,
                             .inter = 64,
                             .experts = 2,
                             .format = format,
                             .scales = ScalePattern::edges,
                             .routing = RoutingPattern::balanced};
    const auto status = [&](Fault fault) {
      return check_mutant(c, DataMode::real, scalar_kernel(fault)).status;
    };
    EXPECT_EQ(status(none), Status::passed) << name(format);
    for (const Fault fault :
         {nibbles_swapped, up_scales_of_gate, nan_ignored, last_block_dropped}) {
      EXPECT_EQ(status(fault), Status::incorrect) << static_cast<int>(fault) << name(format);
    }
  }
}

}  // namespace
}  // namespace kernelgate
