// router's native kernels broken on purpose, one change a mutant (CMakeLists.txt): executor S or
// the judge refuses each under every seed, and the clean twin passes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/executors/source/source_device.hpp"
#include "harness/verify/testing.hpp"
#include "kernels/router/router_native.hpp"

namespace kernelgate {

NativeEntries router_source_entries();
NativeEntries router_router_unsynced_entries();
NativeEntries router_router_whole_tiles_entries();
NativeEntries router_router_wave_of_32_entries();
NativeEntries router_router_strides_of_32_entries();

namespace {

constexpr std::uint64_t seeds = 10;
constexpr const char* five = "tokens=5,hidden=64,width=16,experts=4,eda=on,f32";

/// What was found under each seed; empty where the case passed.
std::vector<std::string> found(NativeEntries entries, int wave, const char* axes) {
  const RouterCase c = RouterCase::axes().parse(axes);
  std::vector<std::string> texts;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SourceDevice device(device_profile(wave == 64 ? "wide" : "nv-sm80"), {.seed = seed});
    const CheckResult result =
        check_mutant(c, DataMode::exact, [&](const RouterCase& shape, TensorSet& tensors) {
          return prepare_native_router(shape, tensors, device, NativeEntrySet(entries));
        });
    texts.push_back(result.status == Status::passed ? "" : result.message + " ");
  }
  return texts;
}

/// Whether every seed's text has the word; a blank asks for any refusal.
testing::AssertionResult all_say(const std::vector<std::string>& texts, const std::string& word) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].find(word) == std::string::npos) {
      return testing::AssertionFailure() << "seed " << i + 1 << " says '" << texts[i] << "'";
    }
  }
  return testing::AssertionSuccess();
}

const std::vector<std::string> clean(seeds, "");

class RouterNative : public testing::TestWithParam<int> {};

TEST_P(RouterNative, PassesWhereItsMutantsFail) {
  EXPECT_EQ(found(router_source_entries(), GetParam(), five), clean);
}

TEST_P(RouterNative, LayersWithoutABarrierAreARace) {
  EXPECT_TRUE(all_say(found(router_router_unsynced_entries(), GetParam(), five), "race"));
}

// Five tokens are a tile of four and one of one.
TEST_P(RouterNative, TilesTakenForWholeAreOutOfBounds) {
  EXPECT_TRUE(all_say(found(router_router_whole_tiles_entries(), GetParam(), five), "bounds"));
}

// W3
TEST_P(RouterNative, SumsOver32LanesAreRefusedWhereWavesHave64) {
  const auto texts = found(router_router_wave_of_32_entries(), GetParam(), five);
  if (GetParam() == 32) {
    EXPECT_EQ(texts, clean);
  } else {
    EXPECT_TRUE(all_say(texts, " "));
  }
}

// W5: lanes 32 to 63 go over elements that others have had.
TEST_P(RouterNative, StridesOf32LanesAreRefusedWhereWavesHave64) {
  constexpr const char* long_rows = "tokens=5,hidden=768,width=128,experts=4,eda=on,f32";
  const auto texts = found(router_router_strides_of_32_entries(), GetParam(), long_rows);
  if (GetParam() == 32) {
    EXPECT_EQ(texts, clean);
  } else {
    EXPECT_TRUE(all_say(texts, " "));
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, RouterNative, testing::Values(32, 64),
                         [](const auto& width) { return "w" + std::to_string(width.param); });

}  // namespace
}  // namespace kernelgate
