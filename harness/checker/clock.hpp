// Records which threads have synchronised, as far as the race rules need it. One counter per device
// advances with every synchronisation. An access's stamp is the time of its thread's last one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kernelgate {

using Time = std::uint32_t;

class Knowledge;  // publication.hpp

/// Clock of a wave. After an operation that orders all lanes, every access of the wave before
/// `floor` is ordered before all lanes. After an operation of some lanes, known[lane * width +
/// other] is that time per pair of lanes.
struct WaveClock {
  std::uint32_t index = 0;  // in the block
  std::uint32_t width = 32;
  std::uint64_t lanes = 0;  // lanes that exist in the block
  Time floor = 0;
  std::vector<Time> known;  // empty until the first operation of only some lanes
};

/// Ordering that a thread has published and received by fences and atomics.
struct Publisher {
  std::shared_ptr<const Knowledge> known;    // other threads' accesses, ordered by a fence
  std::shared_ptr<const Knowledge> pending;  // collected by atomics, ordered at the next fence
  std::shared_ptr<const Knowledge> release;  // published by the atomics after the last fence
};

struct BlockClock;

/// State of one thread of a running block for the race rules.
struct Actor {
  Time stamp = 0;
  std::uint16_t who = 0;  // slot * 1024 + thread
  std::uint16_t lane = 0;
  std::uint32_t thread = 0;
  WaveClock* wave = nullptr;
  BlockClock* block = nullptr;
  std::uint64_t last_offset = 0;  // last buffer access, for prefetching
  std::uint64_t atomic_offset =
      0;  // of the last atomic that read, with its time: earlier atomics are ordered
  Time atomic_time = 0;
  std::unique_ptr<Publisher> publisher;  // none until its first fence

  std::uint64_t bit() const { return 1ULL << lane; }
};

/// Clock of a running block. Every access of the block before `floor`, the last barrier, is ordered
/// before all of its threads.
struct BlockClock {
  std::uint32_t index = 0;  // in the grid
  std::uint32_t slot = 0;   // among the blocks that run at the same time
  std::uint32_t run = 0;    // index of the block in the launch's start order
  Time start = 0;
  Time floor = 0;
  std::uint32_t interval = 0;   // barriers passed
  std::uint64_t lds_begin = 0;  // offset in the device's memory
  std::uint64_t lds_bytes = 0;
  std::string lds_name = "shared memory";
  bool learned = false;  // a thread has received published ordering
  std::vector<WaveClock> waves;
  std::vector<Actor> threads;
};

}  // namespace kernelgate
