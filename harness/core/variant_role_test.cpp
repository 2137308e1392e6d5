#include "harness/core/variant_role.hpp"

#include <gtest/gtest.h>

namespace kernelgate {
namespace {

TEST(VariantRole, IsTheBeginningOfTheName) {
  using enum VariantRole;
  EXPECT_EQ(role_of("reference"), reference);
  EXPECT_EQ(role_of("kokkos"), portable);
  EXPECT_EQ(role_of("kokkos/device-shape"), portable);
  EXPECT_EQ(role_of("kokkos/cpu-amx"), tuned);
  EXPECT_EQ(role_of("native/matrix"), native);
  EXPECT_EQ(role_of("baseline/onednn"), baseline);
  EXPECT_EQ(role_of("plugin/kokkos"), plugin);
  EXPECT_EQ(role_of("engine/vllm"), engine);
  EXPECT_EQ(role_of("my own"), tuned);
  EXPECT_TRUE(is_device_shape("kokkos/device-shape"));
  EXPECT_FALSE(is_device_shape("plugin/device-shape"));
}

TEST(VariantRole, OnlyOwnAndVendorCodeIsKnownToMultiplyAsStored) {
  EXPECT_TRUE(multiplies_as_stored("kokkos/cpu-amx", "bf16"));
  EXPECT_TRUE(multiplies_as_stored("kokkos/cpu-bf16", "bf16"));
  EXPECT_TRUE(multiplies_as_stored("baseline/onednn", "bf16"));
  EXPECT_FALSE(multiplies_as_stored("baseline/onednn", "f32"));
  EXPECT_FALSE(multiplies_as_stored("kokkos", "bf16"));
  EXPECT_FALSE(multiplies_as_stored("plugin/mine-bf16", "bf16"));  // keeps its FLOP bound
}

}  // namespace
}  // namespace kernelgate
