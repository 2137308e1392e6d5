// Tests the model of banks and transactions against results calculated by hand.
#include "harness/devices/wave_cost.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <vector>

namespace kernelgate {

void PrintTo(const Cost& cost, std::ostream* out) { *out << cost.made << " of " << cost.least; }

namespace {

/// Lane i of the device's wave accesses `bytes` bytes at first + i stride.
std::vector<LaneAccess> strided(const DeviceProfile& device, std::uint64_t stride,
                                std::uint32_t bytes, std::uint64_t first = 0) {
  std::vector<LaneAccess> lanes(static_cast<std::size_t>(device.wave));
  for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = {first + i * stride, bytes};
  return lanes;
}

struct Expected {
  const char* device;
  std::uint64_t stride;
  std::uint32_t bytes;
  std::uint64_t first;
  Cost cost;
};
void PrintTo(const Expected& e, std::ostream* out) {
  *out << e.device << ", stride " << e.stride << " B, " << e.bytes << " B from " << e.first;
}

class BankCycles : public testing::TestWithParam<Expected> {};

TEST_P(BankCycles, AreTheMostWordsOfABankInEachPhase) {
  const Expected& e = GetParam();
  const DeviceProfile& device = device_profile(e.device);
  EXPECT_EQ(bank_cycles(strided(device, e.stride, e.bytes, e.first), device), e.cost);
}

// 32 banks of 4 B. A wave of 64 is two phases of 32 lanes with 4 B each, so its minimum is 2.
INSTANTIATE_TEST_SUITE_P(
    ByHand, BankCycles,
    testing::Values(
        // consecutive words: one bank each
        Expected{"nv-sm90", 4, 4, 0, {1, 1}}, Expected{"amd-gfx942", 4, 4, 0, {2, 2}},
        Expected{"amd-gfx1100", 4, 4, 0, {1, 1}},
        // every second word: 32 words in 16 banks, two in each; 32 words fit 32 banks
        Expected{"nv-sm90", 8, 4, 0, {2, 1}}, Expected{"amd-gfx942", 8, 4, 0, {4, 2}},
        Expected{"amd-gfx1100", 8, 4, 0, {2, 1}},
        // every 32nd word: all of them in one bank
        Expected{"nv-sm90", 128, 4, 0, {32, 1}}, Expected{"amd-gfx942", 128, 4, 0, {64, 2}},
        Expected{"amd-gfx1100", 128, 4, 0, {32, 1}},
        // the same column of a tile whose rows are padded to 33 words: banks 0, 1, 2 …
        Expected{"nv-sm90", 132, 4, 0, {1, 1}}, Expected{"amd-gfx942", 132, 4, 0, {2, 2}},
        Expected{"amd-gfx1100", 132, 4, 0, {1, 1}},
        // all lanes access one word
        Expected{"nv-sm90", 0, 4, 0, {1, 1}}, Expected{"amd-gfx942", 0, 4, 0, {2, 2}},
        Expected{"amd-gfx1100", 0, 4, 0, {1, 1}},
        // halves: two lanes share a word, 16 words in 16 banks
        Expected{"nv-sm90", 2, 2, 0, {1, 1}}, Expected{"amd-gfx942", 2, 2, 0, {2, 2}},
        // 8 B: phases of 16 lanes, 32 words in 32 banks; 2 phases of 32 lanes, 4 of 64
        Expected{"nv-sm90", 8, 8, 0, {2, 2}}, Expected{"amd-gfx942", 8, 8, 0, {4, 4}},
        // 16 B: phases of 8 lanes, 32 words in 32 banks; 4 phases of 32 lanes, 8 of 64
        Expected{"nv-sm90", 16, 16, 0, {4, 4}}, Expected{"amd-gfx942", 16, 16, 0, {8, 8}},
        Expected{"amd-gfx1100", 16, 16, 0, {4, 4}},
        // 16 B every 32 B: of 8 lanes, 32 words in banks 0 to 3, 8 to 11, 16 to 19, 24 to 27, twice
        Expected{"nv-sm90", 32, 16, 0, {8, 4}}, Expected{"amd-gfx942", 32, 16, 0, {16, 8}},
        // a 68-float row, 272 B: lanes 4 words apart in the banks, as if consecutive
        Expected{"nv-sm90", 272, 16, 0, {4, 4}}, Expected{"amd-gfx1100", 272, 16, 0, {4, 4}}));

TEST(BankCyclesOfPartOfAWave, CountOnlyLanesThatTakePart) {
  const DeviceProfile& device = device_profile("amd-gfx942");
  std::vector<LaneAccess> lanes = strided(device, 128, 4);
  for (std::size_t i = 8; i < lanes.size(); ++i) lanes[i].bytes = 0;
  EXPECT_EQ(bank_cycles(lanes, device), (Cost{8, 1}));  // one phase, eight words of bank 0
  for (LaneAccess& lane : lanes) lane.bytes = 0;
  EXPECT_EQ(bank_cycles(lanes, device), (Cost{0, 0}));
}

class Sectors : public testing::TestWithParam<Expected> {};

TEST_P(Sectors, AreThoseThatTheWaveTouches) {
  const Expected& e = GetParam();
  const DeviceProfile& device = device_profile(e.device);
  EXPECT_EQ(sectors(strided(device, e.stride, e.bytes, e.first), device), e.cost);
}

// Sectors of 32 B, 64 B and 128 B; waves of 32, 64 and 32 lanes.
INSTANTIATE_TEST_SUITE_P(
    ByHand, Sectors,
    testing::Values(
        // consecutive 4 B: 128 B, 256 B, 128 B
        Expected{"nv-sm90", 4, 4, 0, {4, 4}}, Expected{"amd-gfx942", 4, 4, 0, {4, 4}},
        Expected{"amd-gfx1100", 4, 4, 0, {1, 1}},
        // every second one: twice the bytes are touched
        Expected{"nv-sm90", 8, 4, 0, {8, 4}}, Expected{"amd-gfx942", 8, 4, 0, {8, 4}},
        Expected{"amd-gfx1100", 8, 4, 0, {2, 1}},
        // every 32nd one: one sector per lane
        Expected{"nv-sm90", 128, 4, 0, {32, 4}}, Expected{"amd-gfx942", 128, 4, 0, {64, 4}},
        Expected{"amd-gfx1100", 128, 4, 0, {32, 1}},
        // all lanes access one value
        Expected{"nv-sm90", 0, 4, 256, {1, 1}}, Expected{"amd-gfx942", 0, 4, 256, {1, 1}},
        Expected{"amd-gfx1100", 0, 4, 256, {1, 1}},
        // consecutive, offset by one float: one sector more than they fill
        Expected{"nv-sm90", 4, 4, 4, {5, 4}}, Expected{"amd-gfx942", 4, 4, 4, {5, 4}},
        Expected{"amd-gfx1100", 4, 4, 4, {2, 1}},
        // loads of 16 B: 512 B, 1024 B, 512 B; offset by 16 B, one sector more
        Expected{"nv-sm90", 16, 16, 0, {16, 16}}, Expected{"amd-gfx942", 16, 16, 0, {16, 16}},
        Expected{"amd-gfx1100", 16, 16, 0, {4, 4}}, Expected{"nv-sm90", 16, 16, 16, {17, 16}},
        Expected{"amd-gfx942", 16, 16, 16, {17, 16}}, Expected{"amd-gfx1100", 16, 16, 16, {5, 4}},
        // lanes that overlap by half: 4 * 31 + 8 = 132 B fill 5 sectors of 32 B
        Expected{"nv-sm90", 4, 8, 0, {5, 5}}));

}  // namespace
}  // namespace kernelgate
