// Checks the units that the FMA peak is measured with against the flags that the system lists for
// this processor.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "harness/timing/roof_kernels/fma_probe.hpp"

namespace kernelgate {
namespace {

bool processor_has(const std::string& flag) {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string line;
  while (std::getline(cpuinfo, line)) {
    if (!line.starts_with("flags")) continue;
    std::istringstream flags(line);
    for (std::string word; flags >> word;) {
      if (word == flag) return true;
    }
    return false;
  }
  return false;
}

TEST(FmaUnits, AreTheWidestOfThisMachineWhateverTheBuildIsFor) {
  const int expected = processor_has("avx512f")                        ? 16
                       : processor_has("avx2") && processor_has("fma") ? 8
                                                                       : 4;
  EXPECT_EQ(widest_fma_units().lanes, expected);
}

TEST(FmaUnits, CountTwoOperationsForEachMultiplyAddOfALane) {
  const FmaUnits units = widest_fma_units();
  std::int64_t flops = 0;
  const float total = units.probe(1000, flops);
  EXPECT_EQ(flops % (2 * 1000 * units.lanes), 0);
  const std::int64_t chains = flops / (2 * 1000 * units.lanes);
  EXPECT_GE(chains, 8);  // two units with a latency of four cycles
  // x <- 0.999 x + 0.001 from 2 + c on: after n steps 1 + (1 + c) 0.999^n, in each lane.
  double expected = 0;
  for (std::int64_t c = 0; c < chains; ++c)
    expected += 1 + static_cast<double>(1 + c) * std::pow(0.999, 1000);
  expected *= units.lanes;
  EXPECT_NEAR(total, expected, 1e-3 * expected);
}

}  // namespace
}  // namespace kernelgate
