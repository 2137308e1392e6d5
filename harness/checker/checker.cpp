#include "harness/checker/checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace kernelgate {

namespace {

constexpr const char* act_names[] = {"access",
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

bool same_run(const Trace& trace, const Actor& actor) {
  return !(trace.flags & Trace::many_blocks) && trace.who / 1024U == actor.block->slot &&
         trace.stamp >= actor.block->start;
}

bool same_wave(const Trace& trace, const Actor& actor) {
  return !(trace.flags & Trace::many_waves) &&
         trace.who % 1024U / actor.wave->width == actor.wave->index;
}

// The set takes in one more member, which has no order with those that it holds.
void join(Trace& set, const Actor& actor, Place place) {
  if (!same_run(set, actor)) {
    set.flags |= Trace::many_blocks;
  } else if (!same_wave(set, actor)) {
    set.flags |= Trace::many_waves;
  } else if (set.who != actor.who) {
    set.flags |= Trace::many_lanes;
  }
  set.stamp = std::max(set.stamp, actor.stamp);
  set.who = actor.who;
  set.place = place;
}

Trace trace_of(const Actor& actor, Place place) {
  return Trace{actor.stamp, place, actor.who, 0, 0};
}

const char* act_name(const Trace& trace, const char* plain) {
  return trace.flags & Trace::atomic ? act_names[trace.act] : plain;
}

}  // namespace

Checker::Checker(DeviceMemory& memory, Findings& findings, SameValueWrites same_value_writes)
    : memory_(memory),
      findings_(findings),
      same_value_writes_(same_value_writes),
      base_(memory.base()),
      states_(memory.states()),
      cells_(memory.cells()) {}

void Checker::begin_launch() {
  if (time_ > 1U << 31) {  // stamps of four bytes: start again before they wrap
    memory_.forget_accesses();
    time_ = 1;
  }
  launch_start_ = ++time_;
  unsettled_.clear();
  publication_.begin_launch();
}

void Checker::begin_block(BlockClock& block, std::uint32_t slot, std::uint32_t index,
                          std::uint32_t threads, std::uint32_t width, std::uint64_t lds_bytes) {
  block.index = index;
  block.slot = slot;
  block.start = block.floor = ++time_;
  block.interval = 0;
  block.lds_begin = slot * DeviceMemory::lds_slot_bytes;
  block.lds_bytes = lds_bytes;
  block.lds_name = "shared memory";
  block.learned = false;
  block.waves.resize((threads + width - 1) / width);
  block.threads.resize(threads);
  for (std::uint32_t w = 0; w < block.waves.size(); ++w) {
    WaveClock& wave = block.waves[w];
    const std::uint32_t lanes = std::min(width, threads - w * width);
    wave.index = w;
    wave.width = width;
    wave.lanes = lanes == 64 ? ~0ULL : (1ULL << lanes) - 1;
    wave.floor = block.start;
    wave.known.clear();
  }
  for (std::uint32_t t = 0; t < threads; ++t) {
    Actor& actor = block.threads[t];
    actor.stamp = block.start;
    actor.who = static_cast<std::uint16_t>(slot * 1024 + t);
    actor.lane = static_cast<std::uint16_t>(t % width);
    actor.thread = t;
    actor.wave = &block.waves[t / width];
    actor.block = &block;
    actor.publisher.reset();
    actor.last_offset = actor.atomic_offset = 0;
    actor.atomic_time = 0;
  }
  publication_.begin_block(block, threads, width);
}

void Checker::fence(Actor& actor) { publication_.fence(actor, ++time_); }

void Checker::block_barrier(BlockClock& block) {
  const Time now = ++time_;
  block.floor = now;
  ++block.interval;
  for (WaveClock& wave : block.waves) wave.floor = now;
  for (Actor& actor : block.threads) actor.stamp = now;
  if (!block.learned) return;
  std::vector<Actor*> all;
  all.reserve(block.threads.size());
  for (Actor& actor : block.threads) all.push_back(&actor);
  Publication::share(all);
}

void Checker::wave_sync(WaveClock& wave, BlockClock& block, std::uint64_t lanes) {
  const Time now = ++time_;
  const std::uint32_t first = wave.index * wave.width;
  std::vector<Actor*> members;
  for (std::uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
    Actor& actor = block.threads[first + static_cast<std::uint32_t>(std::countr_zero(rest))];
    actor.stamp = now;
    if (block.learned || lanes != wave.lanes) members.push_back(&actor);
  }
  if (block.learned) Publication::share(members);
  if (lanes == wave.lanes) {
    wave.floor = now;
    return;
  }
  if (wave.known.empty()) wave.known.assign(std::size_t{wave.width} * wave.width, 0);
  std::vector<Time> all(wave.width, 0);
  for (const Actor* member : members) {
    for (std::uint32_t m = 0; m < wave.width; ++m) {
      all[m] = std::max(all[m], wave.known[member->lane * wave.width + m]);
    }
  }
  for (const Actor* member : members) all[member->lane] = now;
  for (const Actor* member : members) {
    std::copy(all.begin(), all.end(), wave.known.begin() + member->lane * wave.width);
  }
}

ThreadId Checker::id(const Actor& actor) {
  return {actor.block->index, actor.thread, actor.wave->index, actor.lane};
}

std::string Checker::describe(const Actor& actor, std::uint64_t offset) const {
  const BlockClock& block = *actor.block;
  if (!shared(offset)) return memory_.describe(offset);
  const std::uint64_t own = offset - block.lds_begin;
  if (own < block.lds_bytes) return fmt::format("shared memory, {} + {} B", block.lds_name, own);
  if (own < DeviceMemory::lds_slot_bytes) {
    return fmt::format("{} B past the end of shared memory, {} ({} B)", own - block.lds_bytes,
                       block.lds_name, block.lds_bytes);
  }
  return "another block's shared memory, or before the start of the own";
}

bool Checker::inside(const Actor& actor, const Access& access, bool reads, bool writes,
                     const char* act) {
  const BlockClock& block = *actor.block;
  const auto finding = [&](FindingKind kind, std::uint64_t at) {
    findings_.add(kind, access.place, no_place, [&] {
      Finding f;
      f.kind = kind;
      f.what = describe(actor, at);
      f.got =
          Party{fmt::format("{} of {} B", act, access.bytes), id(actor), access.place, "", false};
      if (kind == FindingKind::init) f.relation = "nothing has written there";
      return f;
    });
  };
  bool garbage = false;
  for (std::uint64_t at = access.offset; at < access.offset + access.bytes; ++at) {
    const bool other_lds = shared(at) && at - block.lds_begin >= block.lds_bytes;
    if (states_[at] == static_cast<std::uint8_t>(ByteState::outside) || other_lds) {
      finding(FindingKind::bounds, at);
      return false;
    }
    garbage = garbage || states_[at] == static_cast<std::uint8_t>(ByteState::garbage);
  }
  if (garbage && reads) finding(FindingKind::init, access.offset);
  if (garbage && (reads || writes)) {
    std::memset(states_ + access.offset, static_cast<int>(ByteState::written), access.bytes);
  }
  return true;
}

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
        // Which atomics made a set is lost once it was read: the last one stands for them.
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
    if (!set_is_atomic && atomic) return;  // the plain ones conflict with more
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

// Whether nobody who may come yet could be without order after this access.
bool Checker::known_to_all(const Trace& trace, const Actor& actor, const Access& access) const {
  if (trace.stamp < stale_before(actor, access.offset)) return true;
  return shared(access.offset) && trace.stamp < actor.block->floor;
}

Finding Checker::words(FindingKind kind, const Trace& earlier, const char* earlier_act,
                       const char* act, const Actor& actor, const Access& access) const {
  Finding f;
  f.kind = kind;
  const Publication::Run& run = publication_.run(publication_.run_of(earlier));
  std::uint32_t thread = earlier.who % 1024U;
  bool several = false;
  if (earlier.who == actor.who && run.block == actor.block->index) {
    // The last one of a set is this thread itself: another one of them, where they are known.
    const Cell& cell = cells_[access.offset / 4];
    const std::uint64_t others = cell.lanes & ~actor.bit();
    several = (earlier.flags & Trace::many) != Trace::many_lanes || access.bytes < 4 || others == 0;
    if (!several) {
      thread =
          thread / run.width * run.width + static_cast<std::uint32_t>(std::countr_zero(others));
    }
  }
  f.what = fmt::format("{}-{}, {}", earlier_act, act, describe(actor, access.offset));
  f.got = Party{act, id(actor), access.place, "", false};
  f.against = Party{
      earlier_act, {run.block, thread, thread / run.width, thread % run.width}, earlier.place, ""};
  f.relation = same_run(earlier, actor) ? fmt::format("same interval ({})", actor.block->interval)
                                        : "no fence and atomic between the blocks";
  if (kind == FindingKind::scope) f.relation = "two blocks, and an atomic of block scope";
  return f;
}

void Checker::conflict(FindingKind kind, const Trace& earlier, const char* earlier_act,
                       const char* act, const Actor& actor, const Access& access) {
  findings_.add(kind, access.place, earlier.place,
                [&] { return words(kind, earlier, earlier_act, act, actor, access); });
}

template <bool writes>
void Checker::check(Cell& cell, Actor& actor, const Access& access) {
  const Time stale = stale_before(actor, access.offset);
  const bool writes_before_known = writes_known(cell, actor, stale, access.offset);
  if constexpr (!writes) {
    if (!writes_before_known) {
      conflict(FindingKind::race, cell.write, act_name(cell.write, "write"), "read", actor, access);
    }
    if ((cell.read.flags & Trace::wrote) && !reads_known(cell, actor, stale, access.offset)) {
      conflict(FindingKind::race, cell.read, "write", "read", actor, access);
    }
    add_read(cell, actor, access, trace_of(actor, access.place), stale);
  } else {
    if (!reads_known(cell, actor, stale, access.offset)) {
      const char* plain = cell.read.flags & Trace::wrote ? "write" : "read";
      conflict(FindingKind::race, cell.read, act_name(cell.read, plain), "write", actor, access);
    }
    cell.read = Trace{};
    const bool plain = !(cell.write.flags & Trace::atomic);
    if (!writes_before_known && plain && same_value_writes_ == SameValueWrites::allowed) {
      std::uint32_t old = 0;
      std::memcpy(&old, base_ + access.offset, access.bytes);
      unsettled_.push_back({access.offset, access.bytes, old,
                            words(FindingKind::race, cell.write, "write", "write", actor, access)});
      join(cell.write, actor, access.place);
      return;
    }
    if (!writes_before_known) {
      conflict(FindingKind::race, cell.write, act_name(cell.write, "write"), "write", actor,
               access);
    }
    cell.write = trace_of(actor, access.place);
  }
}

void Checker::settle() {
  for (const Unsettled& u : unsettled_) {
    std::uint32_t now = 0;
    std::memcpy(&now, base_ + u.offset, u.bytes);
    if (now == u.old_value) continue;
    findings_.add(FindingKind::race, u.finding.got.place, u.finding.against->place,
                  [&] { return u.finding; });
  }
  unsettled_.clear();
}

void Checker::check_atomic(Cell& cell, Actor& actor, const Access& access, AtomicAct act,
                           Scope scope) {
  const Time stale = stale_before(actor, access.offset);
  const char* act_word = act_names[static_cast<int>(act)];
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
    read = write;  // the plain write stays, beside the atomics
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

// The four byte cells of a dword from now on hold what its cell held.
Cell* Checker::split(std::uint64_t offset) {
  Cell& cell = cells_[offset / 4];
  Cell* parts = memory_.byte_cells() + offset / 4 * 4;
  if (!(cell.write.flags & Trace::split)) {
    std::fill(parts, parts + 4, cell);
    cell.write.flags = Trace::split;
    cell.write.stamp = std::max(cell.write.stamp, cell.read.stamp);
  }
  return parts;
}

template <bool writes>
bool Checker::slow_dword(Actor& actor, std::uint64_t offset, Place place) {
  const Access access{offset, 4, place};
  if (!inside(actor, access, !writes, writes, writes ? "write" : "read")) return false;
  Cell& cell = cells_[offset / 4];
  if (!(cell.write.flags & Trace::split)) {
    check<writes>(cell, actor, access);
    return true;
  }
  if (cell.write.stamp < stale_before(actor, offset)) {
    cell = Cell{};
    check<writes>(cell, actor, access);
    return true;
  }
  Cell* parts = split(offset);
  for (std::uint32_t i = 0; i < 4; ++i) {
    check<writes>(parts[i], actor, Access{offset + i, 1, place});
  }
  cell.write.stamp = std::max(cell.write.stamp, actor.stamp);
  // After a write of all four, what came before it no longer matters.
  if (writes && unsettled_.empty()) {
    cell = Cell{};
    cell.write = trace_of(actor, place);
  }
  return true;
}

template <bool writes>
bool Checker::part(Actor& actor, std::uint64_t offset, std::uint32_t bytes, Place place) {
  const Access access{offset, bytes, place};
  if (!inside(actor, access, !writes, writes, writes ? "write" : "read")) return false;
  Cell& cell = cells_[offset / 4];
  if (cell.write.flags & Trace::split && cell.write.stamp < stale_before(actor, offset)) {
    cell = Cell{};
  }
  Cell* parts = split(offset) + offset % 4;
  for (std::uint32_t i = 0; i < bytes; ++i) {
    check<writes>(parts[i], actor, Access{offset + i, 1, place});
  }
  cell.write.stamp = std::max(cell.write.stamp, actor.stamp);
  return true;
}

bool Checker::atomic(Actor& actor, std::uint64_t offset, std::uint32_t bytes, AtomicAct act,
                     Scope scope, Place place) {
  const bool reads = act != AtomicAct::store;
  const bool writes = act != AtomicAct::load;
  if (!inside(actor, {offset, bytes, place}, reads, writes, act_names[static_cast<int>(act)])) {
    return false;
  }
  // The stamp of an atomic on a buffer is its own time: whoever sees it later knows what came
  // before.
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

template bool Checker::slow_dword<false>(Actor&, std::uint64_t, Place);
template bool Checker::slow_dword<true>(Actor&, std::uint64_t, Place);
template bool Checker::part<false>(Actor&, std::uint64_t, std::uint32_t, Place);
template bool Checker::part<true>(Actor&, std::uint64_t, std::uint32_t, Place);

}  // namespace kernelgate
