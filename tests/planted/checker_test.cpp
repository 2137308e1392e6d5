// The race rules one by one, by hand: accesses and synchronisations as an executor would report
// them.
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
    checker_ = std::make_unique<Checker>(memory_, findings_, same_value_writes);
    std::byte* buffer = memory_.allocate(4096, "x", 1);
    memory_.written_by_host(buffer, 4096);
    x_ = static_cast<std::uint64_t>(buffer - memory_.base());
    checker_->begin_launch();
    for (std::uint32_t slot = 0; slot < 3; ++slot) begin(slot, slot);
  }
  void begin(std::uint32_t slot, std::uint32_t index) {
    memory_.prepare_lds(slot, 1024, 1);
    checker_->begin_block(blocks_[slot], slot, index, 128, width, 1024);
  }
  Actor& at(std::uint32_t block, std::uint32_t thread) { return blocks_[block].threads[thread]; }
  std::uint64_t lds(std::uint32_t block, std::uint64_t offset = 0) {
    return blocks_[block].lds_begin + offset;
  }

  void read(Actor& t, std::uint64_t offset, std::uint32_t bytes = 4) {
    EXPECT_TRUE(checker_->read(t, offset, bytes, 1));
  }
  void write(Actor& t, std::uint64_t offset, std::uint32_t bytes = 4) {
    EXPECT_TRUE(checker_->write(t, offset, bytes, 2));
  }
  void add(Actor& t, std::uint64_t offset, Scope scope = Scope::device) {
    EXPECT_TRUE(checker_->atomic(t, offset, 4, AtomicAct::add, scope, 3));
  }
  void load(Actor& t, std::uint64_t offset) {
    EXPECT_TRUE(checker_->atomic(t, offset, 4, AtomicAct::load, Scope::device, 4));
  }
  void sync(std::uint32_t block) { checker_->block_barrier(blocks_[block]); }
  void sync_wave(std::uint32_t block, std::uint32_t wave, std::uint64_t lanes = 0xFFFFFFFF) {
    checker_->wave_sync(blocks_[block].waves[wave], blocks_[block], lanes);
  }

  // The kinds found since the last call.
  std::string found() {
    std::string kinds;
    for (const Finding& f : findings_.list()) {
      kinds += std::string(kinds.empty() ? "" : " ") + std::string(name(f.kind));
    }
    findings_.clear();
    return kinds;
  }

  DeviceMemory memory_{Shadow::kept, 1ULL << 26};
  Findings findings_;
  std::unique_ptr<Checker> checker_;
  BlockClock blocks_[3];
  std::uint64_t x_ = 0;
};

TEST_F(RaceRules, AThreadIsOrderedWithItself) {
  write(at(0, 5), x_);
  read(at(0, 5), x_);
  write(at(0, 5), x_);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, TwoThreadsOfOneIntervalAreNot) {
  write(at(0, 5), x_);
  read(at(0, 6), x_);
  EXPECT_EQ(found(), "race");
  write(at(0, 7), x_ + 4);
  write(at(0, 8), x_ + 4);
  EXPECT_EQ(found(), "race");
  read(at(0, 7), x_ + 8);
  write(at(0, 8), x_ + 8);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, ReadsDoNotConflict) {
  for (std::uint32_t t = 0; t < 128; ++t) read(at(0, t), x_);
  read(at(1, 3), x_);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, EveryReaderCounts) {
  // The last reader is the writer itself: the ones before it still conflict.
  read(at(0, 3), x_);
  read(at(0, 5), x_);
  write(at(0, 5), x_);
  EXPECT_EQ(found(), "race");
  read(at(0, 3), x_ + 4);
  read(at(0, 77), x_ + 4);
  write(at(0, 77), x_ + 4);
  EXPECT_EQ(found(), "race");
  read(at(1, 0), x_ + 8);
  read(at(0, 0), x_ + 8);
  write(at(0, 0), x_ + 8);
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
  write(at(0, 0), x_);
  sync(0);
  sync(1);
  read(at(1, 0), x_);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, SharedMemoryOfAnEarlierBlockIsForgotten) {
  write(at(0, 0), lds(0));
  begin(0, 9);
  write(at(0, 1), lds(0));
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, LaunchesAreOrdered) {
  write(at(0, 0), x_);
  checker_->begin_launch();
  for (std::uint32_t slot = 0; slot < 3; ++slot) begin(slot, slot);
  write(at(1, 1), x_);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, AWaveBarrierOrdersItsWaveAlone) {
  write(at(0, 0), x_);
  write(at(0, 32), x_ + 4);
  sync_wave(0, 0);
  read(at(0, 31), x_);
  EXPECT_EQ(found(), "");
  read(at(0, 1), x_ + 4);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, APartOfAWaveIsOrderedByItsMask) {
  write(at(0, 0), x_);
  write(at(0, 8), x_ + 4);
  sync_wave(0, 0, 0xFF);
  read(at(0, 7), x_);
  EXPECT_EQ(found(), "");
  read(at(0, 7), x_ + 4);
  EXPECT_EQ(found(), "race");
  // What a lane has learned it passes on: 0 -> 7 above, 7 -> 9 here.
  sync_wave(0, 0, 1U << 7 | 1U << 9);
  write(at(0, 9), x_);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, ReadersOfAGroupAreOrderedByItsMask) {
  for (std::uint32_t lane = 0; lane < 8; ++lane) read(at(0, lane), x_);
  sync_wave(0, 0, 0xFF);
  write(at(0, 3), x_);
  EXPECT_EQ(found(), "");
  for (std::uint32_t lane = 0; lane < 9; ++lane) read(at(0, lane), x_ + 4);
  sync_wave(0, 0, 0xFF);
  write(at(0, 3), x_ + 4);  // lane 8 has read it too
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, AtomicsHaveNoOrderAndNeedNone) {
  for (std::uint32_t t = 0; t < 128; ++t) add(at(0, t), x_);
  add(at(1, 0), x_);
  load(at(2, 0), x_);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, AtomicsOfBlockScopeStayInTheirBlock) {
  add(at(0, 0), x_, Scope::block);
  add(at(0, 99), x_, Scope::block);
  EXPECT_EQ(found(), "");
  add(at(1, 0), x_, Scope::device);
  EXPECT_EQ(found(), "scope");
}

TEST_F(RaceRules, PlainAccessesConflictWithAtomics) {
  add(at(0, 0), x_);
  read(at(0, 1), x_);
  EXPECT_EQ(found(), "race");
  write(at(0, 2), x_ + 4);
  add(at(0, 3), x_ + 4);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, AnAtomicDoesNotHideThePlainAccessBeforeIt) {
  write(at(0, 0), x_);
  add(at(0, 0), x_);
  add(at(0, 1), x_);  // no order with the write
  EXPECT_EQ(found(), "race");
  read(at(0, 0), x_ + 4);
  add(at(0, 0), x_ + 4);
  add(at(0, 1), x_ + 4);
  EXPECT_EQ(found(), "race");
  write(at(0, 0), x_ + 8);
  sync(0);
  for (std::uint32_t t = 0; t < 128; ++t) add(at(0, t), x_ + 8);
  EXPECT_EQ(found(), "");
  add(at(1, 0), x_ + 8);  // another block does not know of the write
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, EveryAtomicOfAWaveCounts) {
  add(at(0, 40), x_);
  add(at(0, 3), x_);
  sync_wave(0, 0);
  read(at(0, 5), x_);  // thread 40 is of another wave
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, PartsOfADwordAreApart) {
  write(at(0, 0), x_, 2);
  write(at(0, 1), x_ + 2, 2);
  write(at(0, 0), x_, 1);
  EXPECT_EQ(found(), "");
  read(at(0, 0), x_ + 1, 1);
  EXPECT_EQ(found(), "");
  read(at(0, 0), x_ + 3, 1);
  EXPECT_EQ(found(), "race");
  sync(0);
  read(at(0, 9), x_, 4);
  write(at(0, 9), x_, 4);
  EXPECT_EQ(found(), "");
  read(at(0, 8), x_ + 3, 1);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, FenceAndAtomicOrderBlocks) {
  write(at(0, 7), x_);
  sync(0);
  checker_->fence(at(0, 0));
  add(at(0, 0), x_ + 64);
  add(at(1, 0), x_ + 64);
  read(at(1, 0), x_);  // collected, but no fence yet
  EXPECT_EQ(found(), "race");
  sync(0);
  write(at(0, 7), x_ + 4);
  sync(0);
  checker_->fence(at(0, 0));
  add(at(0, 0), x_ + 64);
  add(at(1, 0), x_ + 64);
  checker_->fence(at(1, 0));
  read(at(1, 0), x_ + 4);
  EXPECT_EQ(found(), "");
  read(at(1, 1), x_ + 4);  // known to thread 0 alone until the barrier
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, ABarrierSharesWhatAFenceHasBrought) {
  write(at(0, 0), x_);
  checker_->fence(at(0, 0));
  add(at(0, 0), x_ + 64);
  add(at(1, 0), x_ + 64);
  checker_->fence(at(1, 0));
  sync(1);
  read(at(1, 100), x_);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, AFenceGivesOnlyWhatItsThreadKnows) {
  write(at(0, 1), x_);  // another thread of the block, in the same interval
  checker_->fence(at(0, 0));
  add(at(0, 0), x_ + 64);
  add(at(1, 0), x_ + 64);
  checker_->fence(at(1, 0));
  read(at(1, 0), x_);
  EXPECT_EQ(found(), "race");
  write(at(0, 0), x_ + 4);  // after the fence
  read(at(1, 0), x_ + 4);
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, WhatIsPassedOnGoesThroughOtherBlocks) {
  write(at(0, 0), x_);
  checker_->fence(at(0, 0));
  add(at(0, 0), x_ + 64);
  add(at(1, 0), x_ + 64);
  checker_->fence(at(1, 0));
  add(at(1, 0), x_ + 128);
  add(at(2, 0), x_ + 128);
  checker_->fence(at(2, 0));
  write(at(2, 0), x_);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, TheLastBlockMayWriteWhatAllHaveRead) {
  for (std::uint32_t b = 0; b < 3; ++b) {
    read(at(b, 0), x_);
    checker_->fence(at(b, 0));
    add(at(b, 0), x_ + 64);
  }
  checker_->fence(at(2, 0));
  write(at(2, 0), x_);
  EXPECT_EQ(found(), "");
}

TEST_F(RaceRules, TheLastBlockMayResetTheCounter) {
  for (std::uint32_t b = 0; b < 3; ++b) {
    checker_->fence(at(b, 0));
    add(at(b, 0), x_);
  }
  write(at(2, 0), x_);  // the fence after its atomic is missing
  EXPECT_EQ(found(), "race");
  for (std::uint32_t b = 0; b < 3; ++b) add(at(b, 0), x_ + 4);
  checker_->fence(at(2, 0));
  write(at(2, 0), x_ + 4);
  EXPECT_EQ(found(), "");
  add(at(0, 0), x_ + 8);
  add(at(2, 0), x_ + 8);
  checker_->fence(at(2, 0));
  add(at(1, 0), x_ + 8);
  write(at(2, 0), x_ + 8);  // block 1's came later
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, ABarrierOfTheGridOrdersItsPhases) {
  const auto grid_barrier = [&](std::uint64_t counter) {
    for (std::uint32_t b = 0; b < 3; ++b) {
      sync(b);
      checker_->fence(at(b, 0));
      add(at(b, 0), counter);
    }
    for (std::uint32_t b = 0; b < 3; ++b) {
      load(at(b, 0), counter);
      checker_->fence(at(b, 0));
      sync(b);
    }
  };
  for (std::uint32_t b = 0; b < 3; ++b) {
    sync(b);  // so that each block reads at another time
    read(at(b, 5), x_);
  }
  grid_barrier(x_ + 64);
  write(at(1, 7), x_);
  EXPECT_EQ(found(), "");
  grid_barrier(x_ + 68);
  for (std::uint32_t b = 0; b < 3; ++b) read(at(b, 9), x_);
  EXPECT_EQ(found(), "");
  write(at(1, 9), x_);  // the barrier after the reads is missing
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, SameValuesAreComparedWhereTheyAreAllowed) {
  start(SameValueWrites::allowed);
  std::uint32_t* memory = reinterpret_cast<std::uint32_t*>(memory_.base() + x_);
  write(at(0, 0), x_);
  *memory = 1;
  write(at(0, 1), x_);
  EXPECT_TRUE(checker_->unsettled());
  *memory = 1;
  checker_->settle();
  EXPECT_EQ(found(), "");
  write(at(0, 2), x_);
  *memory = 2;
  checker_->settle();
  EXPECT_EQ(found(), "race");
}

TEST_F(RaceRules, GarbageIsFoundOnceAndThenTakenAsWritten) {
  read(at(0, 0), lds(0, 8));
  EXPECT_EQ(found(), "init");
  read(at(0, 0), lds(0, 8));
  EXPECT_EQ(found(), "");
  write(at(0, 0), lds(0, 12), 2);
  read(at(0, 0), lds(0, 12), 4);  // two of its bytes
  EXPECT_EQ(found(), "init");
}

TEST_F(RaceRules, AccessesOutsideMustNotHappen) {
  EXPECT_FALSE(checker_->read(at(0, 0), x_ + 4096, 4, 1));
  EXPECT_EQ(found(), "bounds");
  EXPECT_FALSE(checker_->write(at(0, 0), x_ + 4094, 4, 1));
  EXPECT_EQ(found(), "bounds");
  EXPECT_FALSE(checker_->write(at(0, 0), lds(0, 1024), 4, 1));
  EXPECT_EQ(found(), "bounds");
  EXPECT_FALSE(checker_->read(at(0, 0), lds(1, 0), 4, 1));
  EXPECT_EQ(found(), "bounds");
}

}  // namespace
}  // namespace kernelgate
