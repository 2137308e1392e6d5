#include "harness/compare/probe.hpp"

#include <gtest/gtest.h>

namespace kernelgate::compare {
namespace {

TEST(Probe, DoesTheShareOfWorkMoreThatItWasAskedFor) {
  EXPECT_EQ(Probe(10000, 0).units(), 10000);
  EXPECT_EQ(Probe(10000, 0.02).units(), 10200);
  EXPECT_EQ(Probe(10000, 0.03).units(), 10300);
  EXPECT_EQ(Probe(10000, 0.05).units(), 10500);
}

TEST(Probe, ComputesWhatNoCompilerCanLeaveOut) {
  // Each chain tends to data / (1 - 0.5) = 2; four of them to 8.
  EXPECT_NEAR(Probe(100, 0).run(), 8, 1e-6);
  EXPECT_EQ(Probe(1, 0).units(), 1);
}

TEST(Probe, StartsWithUnitsEnoughToBeSplitIntoHalfThousandths) { EXPECT_GE(units_for(1e-9), 2000); }

}  // namespace
}  // namespace kernelgate::compare
