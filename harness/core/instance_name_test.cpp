// Tests the names of native kernels' instances against the texts in the baselines.
#include "harness/core/instance_name.hpp"

#include <gtest/gtest.h>

namespace kernelgate {
namespace {

TEST(InstanceName, IsTheKernelWithItsParametersInOrder) {
  EXPECT_EQ(std::string_view(instance_name("linear_rows", "bf16", instance_wave(32),
                                           InstanceNumber{"tokens", 4})),
            "linear_rows<bf16,w32,tokens4>");
  EXPECT_EQ(std::string_view(instance_name("bias_step", instance_wave(64))), "bias_step<w64>");
  EXPECT_EQ(std::string_view(typed_instance_name("linear_sum", "f16", 64)), "linear_sum<f16,w64>");
}

TEST(InstanceName, WritesNumbersInDecimalBetweenTheirTexts) {
  EXPECT_EQ(std::string_view(instance_name("k", InstanceNumber{"", 0}, InstanceNumber{"x", 10},
                                           InstanceNumber{"", 1024, "k"})),
            "k<0,x10,1024k>");
}

}  // namespace
}  // namespace kernelgate
