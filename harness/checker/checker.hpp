// Checks a kernel's accesses, independently of the executor. Each access must be inside a buffer,
// read only written memory, and be ordered against every other thread's access to the same bytes.
// An executor reports each access before it happens and each synchronisation when it completes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "harness/checker/cell.hpp"
#include "harness/checker/clock.hpp"
#include "harness/checker/finding.hpp"
#include "harness/checker/memory.hpp"
#include "harness/checker/publication.hpp"

namespace kernelgate {

/// Whether threads may write the same value to the same address at the same time, as in `flag = 1`.
enum class SameValueWrites { reported, allowed };

enum class Scope : std::uint8_t { block, device };

enum class AtomicAct : std::uint8_t {
  none,
  load,
  store,
  add,
  max,
  min,
  bit_or,
  bit_and,
  bit_xor,
  exchange,
  compare_exchange,
};
inline const char* name(AtomicAct act) {
  static constexpr const char* names[] = {"access",
                                          "atomic load",
                                          "atomic store",
                                          "atomic add",
                                          "atomic max",
                                          "atomic min",
                                          "atomic or",
                                          "atomic and",
                                          "atomic xor",
                                          "atomic exchange",
                                          "atomic compare-exchange"};
  return names[static_cast<int>(act)];
}

class Checker {
 public:
  Checker(DeviceMemory& memory, Findings& findings, SameValueWrites same_value_writes);

  /// Starts a launch. All accesses of earlier launches are ordered before it.
  void begin_launch();
  /// Initialises the clocks of a block that starts in a slot and uses the slot's shared memory.
  void begin_block(BlockClock& block, std::uint32_t slot, std::uint32_t index,
                   std::uint32_t threads, std::uint32_t width, std::uint64_t lds_bytes);

  /// Check an access of any number of bytes; `offset` is inside the device's memory. If the result
  /// is false, the access must not be executed; a diagnostic gives the reason.
  bool read(Actor& actor, std::uint64_t offset, std::uint64_t bytes, Place place);
  bool write(Actor& actor, std::uint64_t offset, std::uint64_t bytes, Place place);
  /// Checks an aligned access of 4 bytes.
  template <bool writes>
  bool dword(Actor& actor, std::uint64_t offset, Place place);
  /// Checks an aligned atomic of 4 or 8 bytes.
  bool atomic(Actor& actor, std::uint64_t offset, std::uint32_t bytes, AtomicAct act, Scope scope,
              Place place);

  void fence(Actor& actor);
  /// All threads of the block have arrived at a barrier.
  void block_barrier(BlockClock& block);
  /// These lanes have arrived at a wave operation that orders memory.
  void wave_sync(WaveClock& wave, BlockClock& block, std::uint64_t lanes);

  /// Whether possible same-value writes are pending until their value is known. Call settle()
  /// before the thread's next access and before another thread runs.
  bool unsettled() const { return !unsettled_.empty(); }
  void settle();

  static ThreadId id(const Actor& actor);
  std::string describe(const Actor& actor, std::uint64_t offset) const;

 private:
  struct Unsettled {
    std::uint64_t offset;
    std::uint32_t bytes, old_value;
    Finding finding;
  };
  struct Access {  // the checked bytes: a whole cell
    std::uint64_t offset;
    std::uint32_t bytes;
    Place place;
  };

  static bool shared(std::uint64_t offset) { return offset < DeviceMemory::lds_zone; }
  Time stale_before(const Actor& actor, std::uint64_t offset) const {
    return shared(offset) ? actor.block->start : launch_start_;
  }
  static bool soon_known(const Trace& trace, const Actor& actor, Time stale);
  static bool soon_joined(Cell& cell, const Actor& actor);
  template <bool writes>
  bool slow_dword(Actor& actor, std::uint64_t offset, Place place);
  template <bool writes>
  bool part(Actor& actor, std::uint64_t offset, std::uint32_t bytes, Place place);
  template <bool writes>
  bool any_size(Actor& actor, std::uint64_t offset, std::uint64_t bytes, Place place);

  /// `act`: the kind of access for the message, such as "write".
  bool inside(const Actor& actor, const Access& access, bool reads, bool writes, const char* act);
  Cell* split(std::uint64_t offset);
  template <bool writes>
  void check(Cell& cell, Actor& actor, const Access& access);
  void check_atomic(Cell& cell, Actor& actor, const Access& access, AtomicAct act, Scope scope);
  bool known(const Trace& trace, Side side, std::uint64_t lanes, const Actor& actor, Time stale,
             std::uint64_t offset) const;
  bool reads_known(const Cell& cell, const Actor& actor, Time stale, std::uint64_t offset) const;
  bool writes_known(const Cell& cell, const Actor& actor, Time stale, std::uint64_t offset) const;
  void add_read(Cell& cell, const Actor& actor, const Access& access, const Trace& mine,
                Time stale);
  bool known_to_all(const Trace& trace, const Actor& actor, const Access& access) const;
  void conflict(FindingKind kind, const Trace& earlier, const char* earlier_act, const char* act,
                const Actor& actor, const Access& access);
  Finding words(FindingKind kind, const Trace& earlier, const char* earlier_act, const char* act,
                const Actor& actor, const Access& access) const;

  DeviceMemory& memory_;
  Findings& findings_;
  SameValueWrites same_value_writes_;
  std::byte* base_;
  std::uint8_t* states_;
  Cell* cells_;
  Time time_ = 1;
  Time launch_start_ = 1;
  Publication publication_;
  std::vector<Unsettled> unsettled_;
};

// Fast path, taken by nearly every access: the memory is already written, and the traces come from
// this thread, an earlier interval of its block or an earlier launch.

inline bool Checker::soon_known(const Trace& trace, const Actor& actor, Time stale) {
  if (trace.stamp < stale) return true;
  const BlockClock& block = *actor.block;
  if (trace.flags & Trace::many_blocks) return false;
  if (trace.who == actor.who && !(trace.flags & Trace::many)) return trace.stamp >= block.start;
  return trace.who / 1024U == block.slot && trace.stamp - block.start < block.floor - block.start;
}

// Adds a plain read to unordered reads: most often the lanes of a wave, or all threads, read one
// address.
inline bool Checker::soon_joined(Cell& cell, const Actor& actor) {
  Trace& read = cell.read;
  if (read.flags & (Trace::atomic | Trace::wrote)) return false;
  if (read.flags & Trace::many_blocks) {
    cell.lanes |= 1ULL << (actor.block->run % 32);
  } else {
    if (read.stamp < actor.block->start) return false;
    const std::uint32_t differs = static_cast<std::uint32_t>(read.who ^ actor.who);
    if (read.flags & Trace::many_waves) {
      if (differs >= 1024U) return false;
    } else {
      const WaveClock& wave = *actor.wave;
      if (differs >= wave.width || read.stamp < wave.floor || !wave.known.empty()) return false;
      if (!(read.flags & Trace::many_lanes)) {
        read.flags |= Trace::many_lanes;
        cell.write.flags &= Trace::all_but_writers_lanes;
        cell.lanes = 1ULL << (read.who % wave.width);
      }
      cell.lanes |= actor.bit();
    }
  }
  if (read.stamp < actor.stamp) read.stamp = actor.stamp;
  return true;
}

template <bool writes>
inline bool Checker::dword(Actor& actor, std::uint64_t offset, Place place) {
  Cell& cell = cells_[offset / 4];
  Time stale = launch_start_;
  if (shared(offset)) {
    stale = actor.block->start;
    if (offset - actor.block->lds_begin >= actor.block->lds_bytes) {
      return slow_dword<writes>(actor, offset, place);
    }
  } else {
    // Threads access buffers with page-sized strides, which the processor does not predict.
    const std::uint64_t after = offset + 4 * (offset - actor.last_offset);
    actor.last_offset = offset;
    __builtin_prefetch(&cells_[after / 4]);
    __builtin_prefetch(base_ + after);
  }
  // A dword that this launch has already accessed as a whole is inside a buffer and written, or was
  // reported. The host changes nothing during a launch.
  if (cell.write.stamp < stale && cell.read.stamp < stale) {
    std::uint32_t states;
    std::memcpy(&states, states_ + offset, 4);
    if (states != 0x02020202U) return slow_dword<writes>(actor, offset, place);
  }
  const Trace& last = cell.write;
  if (last.who == actor.who && last.stamp == actor.stamp && last.flags == 0) {
    if (!writes) return true;  // a conflict with this read is a conflict with that write
    if (cell.read.stamp == 0) {
      cell.write.place = place;
      return true;
    }
  }
  if ((last.flags & Trace::split) || !soon_known(last, actor, stale)) {
    return slow_dword<writes>(actor, offset, place);
  }
  const bool reads_known = soon_known(cell.read, actor, stale);
  if constexpr (writes) {
    if (!reads_known) return slow_dword<writes>(actor, offset, place);
    cell.write = Trace{actor.stamp, place, actor.who, 0, 0};
    cell.read.stamp = 0;
    return true;
  } else {
    if (!reads_known) {
      return soon_joined(cell, actor) || slow_dword<writes>(actor, offset, place);
    }
    if (cell.read.flags & Trace::wrote) return slow_dword<writes>(actor, offset, place);
    cell.read = Trace{actor.stamp, place, actor.who, 0, 0};
    return true;
  }
}

template <bool writes>
inline bool Checker::any_size(Actor& actor, std::uint64_t offset, std::uint64_t bytes,
                              Place place) {
  const std::uint64_t end = offset + bytes;
  while (offset < end) {
    const std::uint64_t next = offset / 4 * 4 + 4 < end ? offset / 4 * 4 + 4 : end;
    const auto size = static_cast<std::uint32_t>(next - offset);
    const bool good =
        size == 4 ? dword<writes>(actor, offset, place) : part<writes>(actor, offset, size, place);
    if (!good) return false;
    offset = next;
  }
  return true;
}

inline bool Checker::read(Actor& actor, std::uint64_t offset, std::uint64_t bytes, Place place) {
  return any_size<false>(actor, offset, bytes, place);
}

inline bool Checker::write(Actor& actor, std::uint64_t offset, std::uint64_t bytes, Place place) {
  return any_size<true>(actor, offset, bytes, place);
}

extern template bool Checker::slow_dword<false>(Actor&, std::uint64_t, Place);
extern template bool Checker::slow_dword<true>(Actor&, std::uint64_t, Place);
extern template bool Checker::part<false>(Actor&, std::uint64_t, std::uint32_t, Place);
extern template bool Checker::part<true>(Actor&, std::uint64_t, std::uint32_t, Place);

}  // namespace kernelgate
