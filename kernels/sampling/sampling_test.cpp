#include <gtest/gtest.h>

#include "harness/verify/testing.hpp"
#include "kernels/sampling/sampling.hpp"

namespace kernelgate {
namespace {

TEST(SamplingCase, ParsesBackToTheSameCase) {
  const SamplingCase c{.rows = 3,
                       .vocabulary = 100,
                       .valid = 90,
                       .k = 7,
                       .history = 12,
                       .biases = 4,
                       .mask = SamplingMask::on,
                       .chain = SamplingChain::top_p,
                       .type = Dtype::f16};
  EXPECT_EQ(SamplingCase::axes().print(c),
            "rows=3,vocabulary=100,valid=90,k=7,history=12,biases=4,mask=on,chain=top_p,f16");
  EXPECT_EQ(SamplingCase::axes().parse(SamplingCase::axes().print(c)), c);
}

class SamplingVariant : public ::testing::TestWithParam<const char*> {
 protected:
  void expect_passed(const std::string& axes) {
    for (const CheckResult& result : check_shapes("sampling", {GetParam()}, {axes})) {
      EXPECT_EQ(result.status, Status::passed) << result.id() << "\n" << result.message;
      EXPECT_EQ(result.checked, result.total) << result.id();
    }
  }
};

TEST_P(SamplingVariant, FollowsEveryChain) {
  for (const char* chain : {"greedy", "plain", "min_p", "top_k", "top_p", "full", "mixed"}) {
    for (const char* type : {"f32", "bf16", "f16"}) {
      expect_passed(std::string("rows=6,vocabulary=3001,valid=2900,chain=") + chain + "," + type);
      expect_passed(std::string("rows=6,vocabulary=3001,history=40,biases=9,mask=on,chain=") +
                    chain + "," + type);
    }
  }
}

TEST_P(SamplingVariant, ReadsTheMaskAtEveryWidth) {  // K12
  for (const int width : {1, 2, 31, 32, 33, 63, 64, 65}) {
    expect_passed("rows=12,vocabulary=" + std::to_string(width) +
                  ",history=4,biases=2,mask=on,chain=mixed,f32");
  }
  expect_passed("rows=1,vocabulary=262272,valid=262147,mask=on,chain=full,f32");
}

TEST_P(SamplingVariant, TakesEveryK) {
  for (const int k : {1, 2, 64, 1023, 1024, 1025, 3000, 4000}) {
    expect_passed("rows=2,vocabulary=3000,k=" + std::to_string(k) + ",chain=top_k,f32");
    expect_passed("rows=2,vocabulary=3000,k=" + std::to_string(k) + ",chain=full,bf16");
  }
}

INSTANTIATE_TEST_SUITE_P(All, SamplingVariant, ::testing::Values("kokkos", "kokkos/device-shape"));

}  // namespace
}  // namespace kernelgate
