// Checks atomics. They need no order among themselves if their scope is wide enough, but must be
// ordered with all other accesses.
#include "harness/checker/checker.hpp"
#include "harness/checker/traces.hpp"

namespace kernelgate {

void Checker::check_atomic(Cell& cell, Actor& actor, const Access& access, AtomicAct act,
                           Scope scope) {
  const Time stale = stale_before(actor, access.offset);
  const char* act_word = name(act);
  Trace mine = trace_of(actor, access.place);
  mine.flags = Trace::atomic;
  if (scope == Scope::block) mine.flags |= Trace::narrow;
  mine.act = static_cast<std::uint8_t>(act);

  const auto against = [&](const Trace& earlier, const char* plain) {
    if (earlier.flags & Trace::wrote) plain = "write";
    if (!(earlier.flags & Trace::atomic)) {
      conflict(FindingKind::race, earlier, plain, act_word, actor, access);
    } else if (!same_run(earlier, actor) && ((earlier.flags | mine.flags) & Trace::narrow)) {
      conflict(FindingKind::scope, earlier, act_name(earlier, ""), act_word, actor, access);
    }
  };
  Trace& write = cell.write;
  Trace& read = cell.read;
  const bool writes_before_known = writes_known(cell, actor, stale, access.offset);
  const bool reads_before_known = reads_known(cell, actor, stale, access.offset);
  if (!writes_before_known) against(write, "write");
  if (act == AtomicAct::load) {
    if (!reads_before_known && (read.flags & Trace::wrote)) against(read, "write");
    if (!(read.flags & Trace::wrote) || known_to_all(read, actor, access)) {
      add_read(cell, actor, access, mine, stale);
    }
    return;
  }
  if (!reads_before_known) against(read, "read");

  if (!(write.flags & Trace::atomic) && !known_to_all(write, actor, access)) {
    read = write;  // keeps the plain write next to the atomics
    read.flags = static_cast<std::uint8_t>((write.flags & Trace::many) | Trace::wrote);
  } else if (known_to_all(read, actor, access)) {
    read = Trace{};
  }
  if (writes_before_known || !(write.flags & Trace::atomic)) {
    write = mine;
    return;
  }
  const std::uint32_t first = write.who % actor.wave->width;
  const bool had_lanes = (write.flags & Trace::many_lanes) != 0;
  join(write, actor, access.place);
  write.flags |= mine.flags;
  write.act = mine.act;
  if (!(write.flags & Trace::many_lanes) || (read.flags & Trace::many)) return;
  if (!had_lanes) {
    cell.lanes = 1ULL << first;
    write.flags |= Trace::writers_lanes;
  }
  if (write.flags & Trace::writers_lanes) cell.lanes |= actor.bit();
}

bool Checker::atomic(Actor& actor, std::uint64_t offset, std::uint32_t bytes, AtomicAct act,
                     Scope scope, Place place) {
  const bool reads = act != AtomicAct::store;
  const bool writes = act != AtomicAct::load;
  if (!inside(actor, {offset, bytes, place}, reads, writes, name(act))) {
    return false;
  }
  // The stamp of an atomic on a buffer is its own time, so that a thread that reads its result
  // later is ordered after what came before.
  if (!shared(offset)) actor.stamp = ++time_;
  for (std::uint32_t done = 0; done < bytes; done += 4) {
    Cell& cell = cells_[(offset + done) / 4];
    if (cell.write.flags & Trace::split) {
      Cell* parts = split(offset + done);
      for (std::uint32_t i = 0; i < 4; ++i) {
        check_atomic(parts[i], actor, Access{offset + done + i, 1, place}, act, scope);
      }
      cell.write.stamp = std::max(cell.write.stamp, actor.stamp);
    } else {
      check_atomic(cell, actor, Access{offset + done, 4, place}, act, scope);
    }
  }
  publication_.atomic(actor, offset, reads, writes, act != AtomicAct::store, time_);
  return true;
}

}  // namespace kernelgate
