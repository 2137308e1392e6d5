// Who has synchronised with whom, as far as the race rules need it. One clock counts every
// synchronisation of a device; an access carries the time of its thread's last one, its stamp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kernelgate {

using Time = std::uint32_t;

class Knowledge;  // publication.hpp

/// The lanes of a wave. After an operation that orders all of them, every lane knows what all did
/// before `floor`. After one of a part of them, known[lane * width + other] is that time for a
/// pair.
struct WaveClock {
  std::uint32_t index = 0;  // in the block
  std::uint32_t width = 32;
  std::uint64_t lanes = 0;  // those that the block has
  Time floor = 0;
  std::vector<Time> known;  // empty until the first operation of a part of the lanes
};

/// What a thread has passed on and received by fences and atomics.
struct Publisher {
  std::shared_ptr<const Knowledge> known;    // of other threads' accesses, after a fence
  std::shared_ptr<const Knowledge> pending;  // collected by atomics, known after the next fence
  std::shared_ptr<const Knowledge> release;  // what the last fence gives to the atomics after it
};

struct BlockClock;

/// A thread of a running block, as the rules see it.
struct Actor {
  Time stamp = 0;
  std::uint16_t who = 0;  // slot * 1024 + thread
  std::uint16_t lane = 0;
  std::uint32_t thread = 0;
  WaveClock* wave = nullptr;
  BlockClock* block = nullptr;
  std::uint64_t last_offset = 0;  // of a buffer, for what comes next
  std::uint64_t atomic_offset =
      0;  // of the last atomic that read, and its time: it saw what was before
  Time atomic_time = 0;
  std::unique_ptr<Publisher> publisher;  // none until its first fence

  std::uint64_t bit() const { return 1ULL << lane; }
};

/// A running block. Every thread knows what all of them did before `floor`, the last barrier.
struct BlockClock {
  std::uint32_t index = 0;  // in the grid
  std::uint32_t slot = 0;   // of those that run at the same time
  std::uint32_t run = 0;    // number of the block in the order of the launch's starts
  Time start = 0;
  Time floor = 0;
  std::uint32_t interval = 0;   // barriers passed
  std::uint64_t lds_begin = 0;  // offset in the device's memory
  std::uint64_t lds_bytes = 0;
  std::string lds_name = "shared memory";
  bool learned = false;  // some thread has received knowledge
  std::vector<WaveClock> waves;
  std::vector<Actor> threads;
};

}  // namespace kernelgate
