// Runs the dialect's self-test on the source executor, at both widths and under several schedules.
#include <gtest/gtest.h>

#include "harness/executors/source/source_device.hpp"
#include "tests/device/self_test_rules.hpp"

namespace kernelgate {

NativeEntries self_test_source_entries();

namespace {

class SelfTest : public ::testing::TestWithParam<int> {
 protected:
  void under(std::uint64_t seed, void (*expect)(SelfTestRun&)) const {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SourceOptions options;
    options.seed = seed;
    SourceDevice device(device_profile(GetParam() == 32 ? "nv-sm90" : "amd-gfx942"), options);
    SelfTestRun run(device, self_test_source_entries());
    expect(run);
  }
};

TEST_P(SelfTest, MeansWhatItsWordsSay) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) under(seed, expect_words);
}

TEST_P(SelfTest, ComputesNumbersAsTheHostDoes) { under(3, expect_numbers); }

TEST_P(SelfTest, MultipliesTiles) { under(5, expect_tiles); }

INSTANTIATE_TEST_SUITE_P(Waves, SelfTest, ::testing::Values(32, 64));

}  // namespace
}  // namespace kernelgate
