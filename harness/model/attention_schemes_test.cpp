// Tests that all schemes have the same width and that every part of each runs on the kernels.
#include "harness/model/attention_schemes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/model/model_testing.hpp"

namespace kernelgate::model {
namespace {

TEST(AttentionSchemes, AreOfOneWidth) {
  const std::vector<SchemeShape> shapes = scheme_shapes(*reference::named_config("8b"));
  ASSERT_EQ(shapes.size(), 4U);
  EXPECT_EQ(shapes[0].heads, 8);  // queries of half the width (spec 3.8)
  EXPECT_EQ(shapes[0].kv_heads, 2);
  EXPECT_EQ(shapes[1].heads * shapes[1].head_dim, 2048);
  EXPECT_EQ(2 * 40 * (shapes[1].rank + shapes[1].rope), 46080);  // bytes per token of 8B in bf16
  EXPECT_EQ(shapes[2].heads * shapes[2].head_dim, 2048);
  EXPECT_EQ(shapes[2].kv_heads, 4);
  EXPECT_EQ(shapes[3].kv_heads * shapes[3].head_dim, 2048);
}

TEST(AttentionSchemes, RunEveryPart) {
  const Registry registry = all_kernels();
  Operations operations(registry, Backend::kokkos, false);
  const auto config = *reference::named_config("t1");
  for (const SchemeShape& shape : scheme_shapes(config)) {
    for (const std::int64_t context : {0, 20}) {
      const SchemeTime time = time_scheme(operations, shape, config, Dtype::bf16, 12, context);
      const auto& parts = time.parts;
      const bool mixes = shape.name == "CCGQA", latent = shape.name == "MLA";
      EXPECT_EQ(parts.size(), mixes || latent ? 4U : 3U) << shape.name;
      EXPECT_EQ(parts.contains("mixing"), mixes) << shape.name;
      EXPECT_EQ(parts.contains("up-projection"), latent) << shape.name;
      EXPECT_TRUE(parts.contains("attention")) << shape.name;
    }
  }
  const std::vector<std::string>& ran = operations.variants_used();
  for (const char* variant :
       {"mla_attention/kokkos", "cca_attention/kokkos", "conv_mixing/kokkos/cpu"}) {
    EXPECT_NE(std::find(ran.begin(), ran.end(), variant), ran.end()) << variant;
  }
}

}  // namespace
}  // namespace kernelgate::model
