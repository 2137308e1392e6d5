// conv_mixing with different thread counts: sums and states must not depend on the work split.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "harness/verify/thread_bits.hpp"

namespace kernelgate {
namespace {

// The test below runs this one in separate processes: one block of rows and several, packed weights
// and weights in place, each form, heads of whole registers and others.
TEST(ConvMixingThreads, PrintTheirBits) {
  for (const char* variant : {"kokkos", "kokkos/cpu"}) {
    for (const char* axes :
         {"tokens=130,f32", "tokens=200,heads=4,head_dim=72,rotary=40,form=chunk,position=9,f16",
          "tokens=60,heads=6,kv_heads=2,head_dim=80,rotary=16,bf16",
          "tokens=77,position=4095,form=decode,bf16", "tokens=9,form=chunk,position=5,f32",
          "tokens=15,heads=3,kv_heads=1,head_dim=40,rotary=40,form=decode,position=77,f16"}) {
      print_bits(std::string("conv_mixing/") + variant + "/" + axes);
    }
  }
}

TEST(ConvMixingThreads, GiveTheSameBitsWhateverTheirNumber) {
  const std::string one = printed_with_threads("ConvMixingThreads.PrintTheirBits", 1);
  EXPECT_EQ(std::count(one.begin(), one.end(), '\n'), 12) << one;
  EXPECT_EQ(printed_with_threads("ConvMixingThreads.PrintTheirBits", 2), one);
  EXPECT_EQ(printed_with_threads("ConvMixingThreads.PrintTheirBits", 3), one);
}

}  // namespace
}  // namespace kernelgate
