// Tests each race rule on its own, with hand-written accesses and synchronisations as an executor
// would report them.
#include "harness/checker/checker.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace kernelgate {
namespace {

constexpr std::uint32_t width = 32;

class RaceRules : public testing::Test {
 protected:
  RaceRules() { start(SameValueWrites::reported); }

  void start(SameValueWrites same_value_writes) {
    checker = std::make_unique<Checker>(memory, findings, same_value_writes);
    std::byte* buffer = memory.allocate(4096, "x", 1);
    memory.written_by_host(buffer, 4096);
    x = static_cast<std::uint64_t>(buffer - memory.base());
    checker->begin_launch();
    for (std::uint32_t slot = 0; slot < 3; ++slot) begin(slot, slot);
  }
  void begin(std::uint32_t slot, std::uint32_t index) {
    memory.prepare_lds(slot, 1024, 1);
    checker->begin_block(blocks[slot], slot, index, 128, width, 1024);
  }
  Actor& at(std::uint32_t block, std::uint32_t thread) { return blocks[block].threads[thread]; }
  std::uint64_t lds(std::uint32_t block, std::uint64_t offset = 0) {
    return blocks[block].lds_begin + offset;
  }

  void read(Actor& t, std::uint64_t offset, std::uint32_t bytes = 4) {
    EXPECT_TRUE(checker->read(t, offset, bytes, 1));
  }
  void write(Actor& t, std::uint64_t offset, std::uint32_t bytes = 4) {
    EXPECT_TRUE(checker->write(t, offset, bytes, 2));
  }
  void add(Actor& t, std::uint64_t offset, Scope scope = Scope::device) {
    EXPECT_TRUE(checker->atomic(t, offset, 4, AtomicAct::add, scope, 3));
  }
  void load(Actor& t, std::uint64_t offset) {
    EXPECT_TRUE(checker->atomic(t, offset, 4, AtomicAct::load, Scope::device, 4));
  }
  void sync(std::uint32_t block) { checker->block_barrier(blocks[block]); }
  void sync_wave(std::uint32_t block, std::uint32_t wave, std::uint64_t lanes = 0xFFFFFFFF) {
    checker->wave_sync(blocks[block].waves[wave], blocks[block], lanes);
  }

  // The kinds of the diagnostics since the last call.
  std::string found() {
    std::string kinds;
    for (const Finding& f : findings.list()) {
      kinds += std::string(kinds.empty() ? "" : " ") + std::string(name(f.kind));
    }
    findings.clear();
    return kinds;
  }

  DeviceMemory memory{Shadow::kept, 1ULL << 26};
  Findings findings;
  std::unique_ptr<Checker> checker;
  BlockClock blocks[3];
  std::uint64_t x = 0;
};

TEST_F(RaceRules, AThreadIsOrderedWithItself) {
  write(at(0, 5), x);
  read(at(0, 5), x);
  write(at(0, 5), x);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, TwoThreadsOfOneIntervalAreNot) {
  write(at(0, 5), x);
  read(at(0, 6), x);
  EXPECT_EQ(found(), "race");
  write(at(0, 7), x + 4);
  write(at(0, 8), x + 4);
  EXPECT_EQ(found(), "race");
  read(at(0, 7), x + 8);
  write(at(0, 8), x + 8);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, ReadsDoNotConflict) {
  for (std::uint32_t t = 0; t < 128; ++t) read(at(0, t), x);
  read(at(1, 3), x);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, EveryReaderCounts) {
  // The last reader is the writer itself; earlier readers still conflict.
  read(at(0, 3), x);
  read(at(0, 5), x);
  write(at(0, 5), x);
  EXPECT_EQ(found(), "race");
  read(at(0, 3), x + 4);
  read(at(0, 77), x + 4);
  write(at(0, 77), x + 4);
  EXPECT_EQ(found(), "race");
  read(at(1, 0), x + 8);
  read(at(0, 0), x + 8);
  write(at(0, 0), x + 8);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, ABarrierOrdersItsBlock) {
  for (std::uint32_t t = 0; t < 128; ++t) write(at(0, t), lds(0, t * 4));
  sync(0);
  for (std::uint32_t t = 0; t < 128; ++t) read(at(0, t), lds(0, (127 - t) * 4));
  sync(0);
  for (std::uint32_t t = 0; t < 128; ++t) write(at(0, t), lds(0, t * 4));
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, ABarrierDoesNotOrderOtherBlocks) {
  write(at(0, 0), x);
  sync(0);
  sync(1);
  read(at(1, 0), x);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, SharedMemoryOfAnEarlierBlockIsForgotten) {
  write(at(0, 0), lds(0));
  begin(0, 9);
  write(at(0, 1), lds(0));
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, LaunchesAreOrdered) {
  write(at(0, 0), x);
  checker->begin_launch();
  for (std::uint32_t slot = 0; slot < 3; ++slot) begin(slot, slot);
  write(at(1, 1), x);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, AWaveBarrierOrdersItsWaveAlone) {
  write(at(0, 0), x);
  write(at(0, 32), x + 4);
  sync_wave(0, 0);
  read(at(0, 31), x);
  EXPECT_EQ(found(), "");
  read(at(0, 1), x + 4);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, APartOfAWaveIsOrderedByItsMask) {
  write(at(0, 0), x);
  write(at(0, 8), x + 4);
  sync_wave(0, 0, 0xFF);
  read(at(0, 7), x);
  EXPECT_EQ(found(), "");
  read(at(0, 7), x + 4);
  EXPECT_EQ(found(), "race");
  // Ordering is transitive: 0 -> 7 above, 7 -> 9 here.
  sync_wave(0, 0, 1U << 7 | 1U << 9);
  write(at(0, 9), x);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, ReadersOfAGroupAreOrderedByItsMask) {
  for (std::uint32_t lane = 0; lane < 8; ++lane) read(at(0, lane), x);
  sync_wave(0, 0, 0xFF);
  write(at(0, 3), x);
  EXPECT_EQ(found(), "");
  for (std::uint32_t lane = 0; lane < 9; ++lane) read(at(0, lane), x + 4);
  sync_wave(0, 0, 0xFF);
  write(at(0, 3), x + 4);  // lane 8 has read it too
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, AtomicsHaveNoOrderAndNeedNone) {
  for (std::uint32_t t = 0; t < 128; ++t) add(at(0, t), x);
  add(at(1, 0), x);
  load(at(2, 0), x);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, AtomicsOfBlockScopeStayInTheirBlock) {
  add(at(0, 0), x, Scope::block);
  add(at(0, 99), x, Scope::block);
  EXPECT_EQ(found(), "");
  add(at(1, 0), x, Scope::device);
  EXPECT_EQ(found(), "scope");
}

TEST_F(RaceRules, PlainAccessesConflictWithAtomics) {
  add(at(0, 0), x);
  read(at(0, 1), x);
  EXPECT_EQ(found(), "race");
  write(at(0, 2), x + 4);
  add(at(0, 3), x + 4);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, AnAtomicDoesNotHideThePlainAccessBeforeIt) {
  write(at(0, 0), x);
  add(at(0, 0), x);
  add(at(0, 1), x);  // no order with the write
  EXPECT_EQ(found(), "race");
  read(at(0, 0), x + 4);
  add(at(0, 0), x + 4);
  add(at(0, 1), x + 4);
  EXPECT_EQ(found(), "race");
  write(at(0, 0), x + 8);
  sync(0);
  for (std::uint32_t t = 0; t < 128; ++t) add(at(0, t), x + 8);
  EXPECT_EQ(found(), "");
  add(at(1, 0), x + 8);  // not ordered with another block's write
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, EveryAtomicOfAWaveCounts) {
  add(at(0, 40), x);
  add(at(0, 3), x);
  sync_wave(0, 0);
  read(at(0, 5), x);  // thread 40 is of another wave
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, PartsOfADwordAreApart) {
  write(at(0, 0), x, 2);
  write(at(0, 1), x + 2, 2);
  write(at(0, 0), x, 1);
  EXPECT_EQ(found(), "");
  read(at(0, 0), x + 1, 1);
  EXPECT_EQ(found(), "");
  read(at(0, 0), x + 3, 1);
  EXPECT_EQ(found(), "race");
  sync(0);
  read(at(0, 9), x, 4);
  write(at(0, 9), x, 4);
  EXPECT_EQ(found(), "");
  read(at(0, 8), x + 3, 1);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, FenceAndAtomicOrderBlocks) {
  write(at(0, 7), x);
  sync(0);
  checker->fence(at(0, 0));
  add(at(0, 0), x + 64);
  add(at(1, 0), x + 64);
  read(at(1, 0), x);  // no fence after the atomic yet
  EXPECT_EQ(found(), "race");
  sync(0);
  write(at(0, 7), x + 4);
  sync(0);
  checker->fence(at(0, 0));
  add(at(0, 0), x + 64);
  add(at(1, 0), x + 64);
  checker->fence(at(1, 0));
  read(at(1, 0), x + 4);
  EXPECT_EQ(found(), "");
  read(at(1, 1), x + 4);  // ordered for thread 0 only, until the barrier
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, ABarrierSharesWhatAFenceHasBrought) {
  write(at(0, 0), x);
  checker->fence(at(0, 0));
  add(at(0, 0), x + 64);
  add(at(1, 0), x + 64);
  checker->fence(at(1, 0));
  sync(1);
  read(at(1, 100), x);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, AFenceGivesOnlyWhatItsThreadKnows) {
  write(at(0, 1), x);  // another thread of the block, in the same interval
  checker->fence(at(0, 0));
  add(at(0, 0), x + 64);
  add(at(1, 0), x + 64);
  checker->fence(at(1, 0));
  read(at(1, 0), x);
  EXPECT_EQ(found(), "race");
  write(at(0, 0), x + 4);  // after the fence
  read(at(1, 0), x + 4);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, WhatIsPassedOnGoesThroughOtherBlocks) {
  write(at(0, 0), x);
  checker->fence(at(0, 0));
  add(at(0, 0), x + 64);
  add(at(1, 0), x + 64);
  checker->fence(at(1, 0));
  add(at(1, 0), x + 128);
  add(at(2, 0), x + 128);
  checker->fence(at(2, 0));
  write(at(2, 0), x);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, TheLastBlockMayWriteWhatAllHaveRead) {
  for (std::uint32_t b = 0; b < 3; ++b) {
    read(at(b, 0), x);
    checker->fence(at(b, 0));
    add(at(b, 0), x + 64);
  }
  checker->fence(at(2, 0));
  write(at(2, 0), x);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, TheLastBlockMayResetTheCounter) {
  for (std::uint32_t b = 0; b < 3; ++b) {
    checker->fence(at(b, 0));
    add(at(b, 0), x);
  }
  write(at(2, 0), x);  // the fence after its atomic is missing
  EXPECT_EQ(found(), "race");
  for (std::uint32_t b = 0; b < 3; ++b) add(at(b, 0), x + 4);
  checker->fence(at(2, 0));
  write(at(2, 0), x + 4);
  EXPECT_EQ(found(), "");
  add(at(0, 0), x + 8);
  add(at(2, 0), x + 8);
  checker->fence(at(2, 0));
  add(at(1, 0), x + 8);
  write(at(2, 0), x + 8);  // block 1's atomic came later
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, ABarrierOfTheGridOrdersItsPhases) {
  const auto grid_barrier = [&](std::uint64_t counter) {
    for (std::uint32_t b = 0; b < 3; ++b) {
      sync(b);
      checker->fence(at(b, 0));
      add(at(b, 0), counter);
    }
    for (std::uint32_t b = 0; b < 3; ++b) {
      load(at(b, 0), counter);
      checker->fence(at(b, 0));
      sync(b);
    }
  };
  for (std::uint32_t b = 0; b < 3; ++b) {
    sync(b);  // so that each block reads in a different interval
    read(at(b, 5), x);
  }
  grid_barrier(x + 64);
  write(at(1, 7), x);
  EXPECT_EQ(found(), "");
  grid_barrier(x + 68);
  for (std::uint32_t b = 0; b < 3; ++b) read(at(b, 9), x);
  EXPECT_EQ(found(), "");
  write(at(1, 9), x);  // the barrier after the reads is missing
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, SameValuesAreComparedWhereTheyAreAllowed) {
  start(SameValueWrites::allowed);
  auto* value = reinterpret_cast<std::uint32_t*>(memory.base() + x);
  write(at(0, 0), x);
  *value = 1;
  write(at(0, 1), x);
  EXPECT_TRUE(checker->unsettled());
  *value = 1;
  checker->settle();
  EXPECT_EQ(found(), "");
  write(at(0, 2), x);
  *value = 2;
  checker->settle();
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, GarbageIsFoundOnceAndThenTakenAsWritten) {
  read(at(0, 0), lds(0, 8));
  EXPECT_EQ(found(), "init");
  read(at(0, 0), lds(0, 8));
  EXPECT_EQ(found(), "");
  write(at(0, 0), lds(0, 12), 2);
  read(at(0, 0), lds(0, 12), 4);  // two of its bytes are not written
  EXPECT_EQ(found(), "init");
}

TEST_F(RaceRules, AccessesOutsideMustNotHappen) {
  EXPECT_FALSE(checker->read(at(0, 0), x + 4096, 4, 1));
  EXPECT_EQ(found(), "bounds");
  EXPECT_FALSE(checker->write(at(0, 0), x + 4094, 4, 1));
  EXPECT_EQ(found(), "bounds");
  EXPECT_FALSE(checker->write(at(0, 0), lds(0, 1024), 4, 1));
  EXPECT_EQ(found(), "bounds");
  EXPECT_FALSE(checker->read(at(0, 0), lds(1, 0), 4, 1));
  EXPECT_EQ(found(), "bounds");
}

}  // namespace
}  // namespace kernelgate
