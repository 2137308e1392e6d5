// Cache bytes against the numbers printed in specification section 3.8, and detection of stores
// that lost a saving.
#include "harness/model/kv_schemes.hpp"

#include <gtest/gtest.h>

#include "reference/synthetic.hpp"

namespace kernelgate::model {
namespace {

using reference::named_config;

TEST(KvSchemes, GivesTheSpecificationsBytesOfAToken) {
  const auto config = *named_config("8b");
  const std::vector<KvScheme> schemes = kv_schemes(config);
  ASSERT_EQ(schemes.size(), 4U);
  const std::int64_t expected[] = {40'960, 46'080, 81'920, 327'680};
  const char* names[] = {"CCGQA", "MLA", "GQA", "MHA"};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(schemes[i].name, names[i]);
    EXPECT_EQ(closed_form(schemes[i], config, Dtype::bf16, 1).cache, expected[i]) << names[i];
  }
  EXPECT_EQ(closed_form(schemes[0], config, Dtype::bf16, 131'072).cache, std::int64_t{5} << 30);
  EXPECT_EQ(closed_form(schemes[3], config, Dtype::bf16, 131'072).cache, std::int64_t{40} << 30);
  EXPECT_EQ(closed_form(schemes[0], config, Dtype::bf16, 7).fixed, 430'080);
}

// 74B: 30 layers of 4,096 keys and 30 of all; 1,024 and 16,384 bytes per token and layer.
TEST(KvSchemes, KeepsTheWindowOfSlidingLayersAlone) {
  const auto config = *named_config("74b");
  const std::vector<KvScheme> schemes = kv_schemes(config);
  const KvBytes ccgqa = closed_form(schemes[0], config, Dtype::bf16, 262'144);
  EXPECT_EQ(ccgqa.cache, (std::int64_t{30} * 4'096 + std::int64_t{30} * 262'144) * 1'024);
  EXPECT_EQ(ccgqa.unwindowed, std::int64_t{60} * 262'144 * 1'024);
  EXPECT_EQ(closed_form(schemes[3], config, Dtype::bf16, 262'144).cache, 16 * ccgqa.cache);
}

TEST(KvSchemes, AllocatesJustThat) {
  for (const char* name : {"t1", "8b", "74b"}) {
    const auto config = *named_config(name);
    for (const KvScheme& scheme : kv_schemes(config)) {
      for (const std::int64_t tokens : {1, 3, 5, 300, 131'072}) {
        const KvBytes expected = closed_form(scheme, config, Dtype::bf16, tokens);
        const KvAllocation got =
            allocate_kv(scheme, config, Dtype::bf16, tokens, expected.cache < (4 << 20));
        EXPECT_EQ(lost_saving(expected, got, config), "") << name << " " << scheme.name << tokens;
      }
    }
  }
}

TEST(KvSchemes, NamesALostSaving) {
  const auto config = *named_config("74b");
  const KvScheme ccgqa = kv_schemes(config)[0];
  const KvBytes expected = closed_form(ccgqa, config, Dtype::bf16, 8'192);
  auto full = config;  // a store that ignores the windows
  for (auto& block : full.blocks) block.window = 0;
  EXPECT_NE(lost_saving(expected, allocate_kv(ccgqa, full, Dtype::bf16, 8'192, false), config), "");
  EXPECT_NE(lost_saving(expected, allocate_kv(ccgqa, config, Dtype::f32, 8'192, false), config),
            "");
  auto wide = config;  // a store that counts one key more than the window
  wide.window_rule = reference::WindowRule::keys_before;
  EXPECT_NE(lost_saving(expected, allocate_kv(ccgqa, wide, Dtype::bf16, 8'192, false), config), "");
  KvAllocation pages = allocate_kv(ccgqa, config, Dtype::bf16, 8'192, false);
  pages.committed = expected.cache + (64 << 20);
  EXPECT_NE(lost_saving(expected, pages, config), "");
  KvAllocation state = allocate_kv(ccgqa, config, Dtype::bf16, 8'192, false);
  state.fixed *= 2;
  EXPECT_NE(lost_saving(expected, state, config), "");
}

}  // namespace
}  // namespace kernelgate::model
