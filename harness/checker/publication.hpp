// Tracks ordering across threads by fences and atomics. A fence collects the accesses that are
// ordered before its thread. A following atomic publishes them at its address. An atomic that reads
// that address collects them, and the reader's next fence makes them ordered before the reader.
// (CUDA programming guide, memory fence functions; the same pattern in HIP.)
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/checker/cell.hpp"
#include "harness/checker/clock.hpp"

namespace kernelgate {

/// Accesses that are ordered before a thread: whole blocks up to a time, single threads up to a
/// later time.
class Knowledge {
 public:
  void add_block(std::uint32_t run, Time before);
  void add_thread(std::uint32_t run, std::uint32_t thread, Time before);
  void add(const Knowledge& other);

  /// Adds the atomics at an address up to that time.
  void add_atomics(std::uint64_t offset, Time until);

  bool covers(std::uint32_t run, std::uint32_t thread, Time stamp) const;
  /// Whether every thread of the block, except `but`, is covered.
  bool covers_block(std::uint32_t run, std::uint32_t threads, std::uint32_t but, Time stamp) const;
  bool covers_atomics(std::uint64_t offset, Time stamp) const;
  /// The latest time up to which any thread of the block is covered.
  Time latest(std::uint32_t run) const;

 private:
  struct OfThread {
    std::uint32_t run, thread;
    Time before;
  };
  struct OfAddress {
    std::uint64_t offset;
    Time until;
  };
  std::vector<Time> blocks_;       // by run
  std::vector<OfThread> threads_;  // sorted by run, thread
  std::vector<OfAddress> atomics_;
};

/// Records which block ran in which slot and when, and what is published at the addresses of
/// atomics.
class Publication {
 public:
  struct Run {
    std::uint32_t slot = 0, block = 0, threads = 0, width = 0;
    Time start = 0;
  };

  void begin_launch();
  void begin_block(BlockClock& block, std::uint32_t threads, std::uint32_t width);

  const Run& run(std::uint32_t number) const { return runs_[number]; }
  /// The run of the block whose thread made this trace in this launch.
  std::uint32_t run_of(const Trace& trace) const;

  /// Whether fences and atomics order all of the trace's accesses before the thread's current one.
  /// `lanes`: the cell's lanes if they belong to the trace.
  bool known(const Trace& trace, Side side, std::uint64_t lanes, const Actor& actor,
             std::uint64_t offset) const;

  /// `now`: the thread's new stamp, later than everything that the fence publishes.
  void fence(Actor& actor, Time now);
  /// `keeps`: what is already published at the address stays, as with a read-modify-write.
  void atomic(Actor& actor, std::uint64_t offset, bool reads, bool writes, bool keeps, Time now);
  /// Gives each of the threads the combined ordering of all of them.
  static void share(const std::vector<Actor*>& threads);

 private:
  std::vector<Run> runs_;
  std::vector<std::vector<std::uint32_t>> by_slot_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Knowledge>> left_;
};

}  // namespace kernelgate
