// Fiber scheduling of one launch: a fiber runs until it waits, yields or ends, and control then
// switches directly to the next ready fiber. A seed determines the order of blocks, waves and
// lanes.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "harness/core/random.hpp"
#include "harness/executors/source/block_run.hpp"
#include "harness/executors/source/step_count.hpp"

namespace kernelgate {

class Schedule {
 public:
  /// Selects what the entry points record while fibers run.
  struct Observed {
    bool accesses = false;       // the accesses of the running fiber
    bool counted = false;        // some waves have a log
    std::uint64_t capacity = 0;  // of the device's memory, for waves without a log
  };
  /// The fibers that a yielding fiber lets run first.
  enum class Before { all, other_waves };

  /// Seed 0: natural order. `yield_every`: mean accesses between forced yields; 0: none.
  Schedule(std::uint64_t seed, std::uint32_t yield_every, StepCount& steps)
      : seed_(seed), yield_every_(yield_every), steps_(steps) {}

  /// Starts the next launch, which has no block yet.
  void begin(const Observed& observed);
  /// The order of a launch's blocks by their indices; empty: the natural order.
  std::vector<std::uint32_t> block_order(std::uint64_t blocks);
  /// Adds a started block's waves in the seed's order, and chooses the order of their lanes.
  void add(BlockRun& block);
  /// Removes the waves of a block.
  void remove(const BlockRun& block);
  /// The key of the launch's random numbers.
  std::uint64_t key() const { return key_; }

  /// Runs ready fibers until a block ends or a fiber leaves. Returns false if no fiber is ready.
  bool run();
  /// The block that ended in the last run(); null if a fiber left.
  BlockRun* ended() const { return ended_; }

  // Called on a fiber's stack.
  Fiber& current() const { return *current_; }
  /// Suspends the current fiber until another makes it ready.
  void wait();
  /// Suspends the current fiber, which stays ready, if another fiber can run before it.
  void yield(Before before);
  /// Ends the current fiber.
  [[noreturn]] void end_fiber();
  /// Returns to the caller of run(); the current fiber never resumes.
  [[noreturn]] void leave();
  /// Makes a suspended fiber ready.
  static void make_ready(Fiber& fiber) { fiber.wave->ready |= 1ULL << fiber.position; }
  /// Makes all fibers of the current fiber's block ready; none of them waits any more.
  void release_block();

  /// The current fiber has read this value at this address by an atomic. A thread that repeats that
  /// waits for another one, so that the other waves run. Returns false if no thread has made
  /// progress for a long time.
  bool spin(const void* address, std::uint64_t value);
  /// A thread has done something for which others may wait.
  void progress() { idle_spins_ = 0; }

  bool forces_yields() const { return yield_every_ > 0; }
  /// The number of accesses until the next forced yield.
  std::uint64_t accesses_until_yield() {
    if (!forces_yields()) return std::numeric_limits<std::uint64_t>::max();
    return 1 + random() % (std::uint64_t{2} * yield_every_);
  }

 private:
  Fiber* first_ready();
  Fiber* next(const WaveRun& from, std::uint32_t position, bool wrap);
  void go(FiberState& from, Fiber* to);
  void observe(const Fiber& fiber) const;
  void number_waves();
  std::uint64_t random() { return word_at(key_, ++drawn_); }

  std::uint64_t seed_;
  std::uint32_t yield_every_;
  StepCount& steps_;
  Observed observed_;
  std::uint64_t launch_ = 0;
  std::uint64_t key_ = 0;
  std::uint64_t drawn_ = 0;  // random numbers drawn so far
  std::vector<WaveRun*> ring_;
  FiberState main_ = nullptr;  // the caller of run()
  Fiber* current_ = nullptr;
  BlockRun* ended_ = nullptr;
  std::uint64_t idle_spins_ = 0;  // spin waits since the last progress
};

}  // namespace kernelgate
