// Decides whether earlier accesses to an address are ordered before the current thread, and merges
// its read with theirs.
#include <bit>

#include "harness/checker/checker.hpp"
#include "harness/checker/traces.hpp"

namespace kernelgate {

bool Checker::known(const Trace& trace, Side side, std::uint64_t lanes, const Actor& actor,
                    Time stale, std::uint64_t offset) const {
  if (trace.stamp < stale) return true;
  if (same_run(trace, actor)) {
    if (trace.stamp < actor.block->floor) return true;
    if (same_wave(trace, actor)) {
      const WaveClock& wave = *actor.wave;
      if (trace.stamp < wave.floor) return true;
      const bool several = (trace.flags & Trace::many_lanes) != 0;
      if (!several && trace.who == actor.who) return true;
      if (!wave.known.empty()) {
        const Time* pairs = &wave.known[actor.lane * wave.width];
        // The members of an atomic set are lost once it was read; the last one represents the set.
        std::uint64_t left = several && lanes != 0 ? lanes : 1ULL << (trace.who % wave.width);
        bool all = true;
        for (left &= ~actor.bit(); left != 0; left &= left - 1) {
          all = all && pairs[std::countr_zero(left)] > trace.stamp;
        }
        if (all) return true;
      }
    }
  }
  return publication_.known(trace, side, lanes, actor, offset);
}

bool Checker::reads_known(const Cell& cell, const Actor& actor, Time stale,
                          std::uint64_t offset) const {
  const bool of_writes = (cell.write.flags & Trace::writers_lanes) != 0;
  return known(cell.read, Side::reads, of_writes ? 0 : cell.lanes, actor, stale, offset);
}

bool Checker::writes_known(const Cell& cell, const Actor& actor, Time stale,
                           std::uint64_t offset) const {
  const bool of_writes = (cell.write.flags & Trace::writers_lanes) != 0;
  return known(cell.write, Side::writes, of_writes ? cell.lanes : 0, actor, stale, offset);
}

void Checker::add_read(Cell& cell, const Actor& actor, const Access& access, const Trace& mine,
                       Time stale) {
  Trace& read = cell.read;
  const bool atomic = (mine.flags & Trace::atomic) != 0;
  if (!reads_known(cell, actor, stale, access.offset)) {
    const bool set_is_atomic = (read.flags & Trace::atomic) != 0;
    if (!set_is_atomic && atomic) return;  // plain reads conflict with more accesses
    if (set_is_atomic == atomic && !(read.flags & Trace::wrote)) {
      const std::uint32_t first = read.who % actor.wave->width;
      const bool had_lanes = (read.flags & Trace::many_lanes) != 0;
      const bool had_blocks = (read.flags & Trace::many_blocks) != 0;
      const Trace before = read;
      join(read, actor, mine.place);
      read.flags |= mine.flags;
      if (read.flags & Trace::many_blocks) {
        if (!had_blocks) {
          cell.lanes =
              std::uint64_t{before.stamp} << 32 | 1ULL << (publication_.run_of(before) % 32);
          cell.write.flags &= Trace::all_but_writers_lanes;
        }
        cell.lanes |= 1ULL << (actor.block->run % 32);
      } else if (read.flags & Trace::many_lanes) {
        if (!had_lanes) cell.lanes = 1ULL << first;
        cell.lanes |= actor.bit();
        cell.write.flags &= Trace::all_but_writers_lanes;
      }
      return;
    }
  }
  read = mine;
}

// Whether every later access is ordered after this one.
bool Checker::known_to_all(const Trace& trace, const Actor& actor, const Access& access) const {
  if (trace.stamp < stale_before(actor, access.offset)) return true;
  return shared(access.offset) && trace.stamp < actor.block->floor;
}

}  // namespace kernelgate
