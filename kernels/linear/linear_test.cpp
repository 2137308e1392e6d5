#include <gtest/gtest.h>

#include "harness/verify/testing.hpp"
#include "kernels/linear/linear.hpp"

namespace kernelgate {
namespace {

TEST(LinearCase, ParsesBackToTheSameCase) {
  const LinearCase c{.tokens = 7, .out = 33, .in = 65, .output = LinearOutput::f32,
                     .type = Dtype::bf16};
  EXPECT_EQ(LinearCase::axes().print(c), "tokens=7,out=33,in=65,output=f32,bf16");
  EXPECT_EQ(LinearCase::axes().parse(LinearCase::axes().print(c)), c);
}

TEST(LinearCase, CountsEveryByteOnce) {
  const LinearCase c{.tokens = 2, .out = 3, .in = 5, .output = LinearOutput::f32,
                     .type = Dtype::bf16};
  EXPECT_EQ(c.traffic().bytes, 2 * 5 * 2 + 3 * 5 * 2 + 2 * 3 * 4);
  EXPECT_EQ(c.traffic().flops, 2 * 2 * 3 * 5);
}

TEST(LinearTruth, EqualsAHandWorkedProduct) {
  const LinearCase c{.tokens = 1, .out = 2, .in = 2};
  TensorSet tensors(c.tensors());
  const double x[] = {3, -2}, w[] = {1, 4, -5, 2};
  for (int i = 0; i < 2; ++i) tensors["x"].set(i, x[i]);
  for (int i = 0; i < 4; ++i) tensors["w"].set(i, w[i]);
  const Truth truth = c.truth(tensors, DataMode::real, 1);
  ASSERT_EQ(truth.numeric.size(), 1U);
  EXPECT_EQ(truth.numeric[0].value, (std::vector<double>{-5, -19}));  // 3-8, -15-4
  // 4 sqrt(2) 2^-24 (3+8) + half an f32 spacing at 5, relative to the value and its bound
  EXPECT_NEAR(truth.numeric[0].budget[0], 4 * 1.4142136 * 11 * 0x1p-24 + 5 * 0x1p-24, 1e-9);
}

TEST(LinearVariants, AreExactAndWithinBudgetAtOddShapes) {
  for (const std::string variant : {"kokkos", "kokkos/cpu", "baseline/onednn",
                                    "baseline/onednn-packed", "baseline/openblas"}) {
    for (const std::string axes :
         {"tokens=1,out=1,in=1,f32", "tokens=3,out=17,in=65,bf16", "tokens=8,out=9,in=31,f32",
          "tokens=5,out=33,in=129,output=f32,f16", "tokens=9,out=1,in=7,f32",
          "tokens=17,out=205,in=300,bf16", "tokens=49,out=97,in=257,f16",
          "tokens=273,out=30,in=530,output=f32,bf16", "tokens=65,out=193,in=64,f32"}) {
      for (const DataMode mode : {DataMode::exact, DataMode::real}) {
        Registry registry;
        register_kernels(registry);
        if (registry.find("linear").find_variant(variant) == nullptr) continue;  // library absent
        const CheckResult result = check_case("linear/" + variant + "/" + axes, mode);
        if (result.status == Status::unsupported && variant.starts_with("baseline")) continue;
        EXPECT_EQ(result.status, Status::passed) << result.id() << '\n' << result.message;
      }
    }
  }
}

}  // namespace
}  // namespace kernelgate
