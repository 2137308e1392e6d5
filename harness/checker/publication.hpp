// Order across threads by fence and atomic: a fence gathers what its thread knows, an atomic after
// it leaves that at an address, an atomic that reads there collects it, and a fence after that
// makes it known. (CUDA programming guide, memory fence functions; the same pattern in HIP.)
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/checker/cell.hpp"
#include "harness/checker/clock.hpp"

namespace kernelgate {

/// Of which accesses something is known: whole blocks up to a time, single threads up to a later
/// one.
class Knowledge {
 public:
  void add_block(std::uint32_t run, Time before);
  void add_thread(std::uint32_t run, std::uint32_t thread, Time before);
  void add(const Knowledge& other);

  /// The atomics at an address up to that time.
  void add_atomics(std::uint64_t offset, Time until);

  bool covers(std::uint32_t run, std::uint32_t thread, Time stamp) const;
  /// Every thread of the block, `but` maybe left out.
  bool covers_block(std::uint32_t run, std::uint32_t threads, std::uint32_t but, Time stamp) const;
  bool covers_atomics(std::uint64_t offset, Time stamp) const;
  /// The time up to which some thread of the block is known.
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

/// Which block ran where and when, and what lies at the addresses of atomics.
class Publication {
 public:
  struct Run {
    std::uint32_t slot = 0, block = 0, threads = 0, width = 0;
    Time start = 0;
  };

  void begin_launch();
  void begin_block(BlockClock& block, std::uint32_t threads, std::uint32_t width);

  const Run& run(std::uint32_t number) const { return runs_[number]; }
  /// The block whose thread made this trace in this launch.
  std::uint32_t run_of(const Trace& trace) const;

  /// Whether all of the accesses came before what the thread does now, by fences and atomics.
  /// `lanes`: of the cell, where they are the trace's.
  bool known(const Trace& trace, Side side, std::uint64_t lanes, const Actor& actor,
             std::uint64_t offset) const;

  /// `now` is the thread's new stamp, after what the fence gives on.
  void fence(Actor& actor, Time now);
  /// `keeps`: what lies at the address already stays there, as with a read that writes.
  void atomic(Actor& actor, std::uint64_t offset, bool reads, bool writes, bool keeps, Time now);
  /// What one of the threads knows all of them know from now on.
  static void share(const std::vector<Actor*>& threads);

 private:
  std::vector<Run> runs_;
  std::vector<std::vector<std::uint32_t>> by_slot_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Knowledge>> left_;
};

}  // namespace kernelgate
