#include "harness/checker/publication.hpp"

#include <algorithm>

namespace kernelgate {

namespace {

Publisher& publisher(Actor& actor) {
  if (!actor.publisher) actor.publisher = std::make_unique<Publisher>();
  return *actor.publisher;
}

std::shared_ptr<const Knowledge> joined(const std::shared_ptr<const Knowledge>& a,
                                        const std::shared_ptr<const Knowledge>& b) {
  if (!a || a == b) return b;
  if (!b) return a;
  auto both = std::make_shared<Knowledge>(*a);
  both->add(*b);
  return both;
}

}  // namespace

void Knowledge::add_block(std::uint32_t run, Time before) {
  if (blocks_.size() <= run) blocks_.resize(run + 1, 0);
  blocks_[run] = std::max(blocks_[run], before);
}

void Knowledge::add_thread(std::uint32_t run, std::uint32_t thread, Time before) {
  const auto it = std::lower_bound(
      threads_.begin(), threads_.end(), std::pair(run, thread),
      [](const OfThread& t, const auto& key) { return std::pair(t.run, t.thread) < key; });
  if (it != threads_.end() && it->run == run && it->thread == thread) {
    it->before = std::max(it->before, before);
  } else {
    threads_.insert(it, OfThread{run, thread, before});
  }
}

void Knowledge::add(const Knowledge& other) {
  if (blocks_.size() < other.blocks_.size()) blocks_.resize(other.blocks_.size(), 0);
  for (std::size_t i = 0; i < other.blocks_.size(); ++i) {
    blocks_[i] = std::max(blocks_[i], other.blocks_[i]);
  }
  for (const OfThread& t : other.threads_) add_thread(t.run, t.thread, t.before);
  for (const OfAddress& a : other.atomics_) add_atomics(a.offset, a.until);
}

void Knowledge::add_atomics(std::uint64_t offset, Time until) {
  for (OfAddress& known : atomics_) {
    if (known.offset != offset) continue;
    known.until = std::max(known.until, until);
    return;
  }
  atomics_.push_back({offset, until});
}

bool Knowledge::covers_atomics(std::uint64_t offset, Time stamp) const {
  return std::any_of(atomics_.begin(), atomics_.end(), [&](const OfAddress& known) {
    return known.offset / 8 == offset / 8 && stamp <= known.until;
  });
}

Time Knowledge::latest(std::uint32_t run) const {
  Time latest = run < blocks_.size() ? blocks_[run] : 0;
  for (auto it = std::lower_bound(threads_.begin(), threads_.end(), run,
                                  [](const OfThread&t, std::uint32_t r) { return t.run < r; });
       it != threads_.end() && it->run == run; ++it) {
    latest = std::max(latest, it->before);
  }
  return latest;
}

bool Knowledge::covers(std::uint32_t run, std::uint32_t thread, Time stamp) const {
  if (run < blocks_.size() && stamp < blocks_[run]) return true;
  const auto it = std::lower_bound(
      threads_.begin(), threads_.end(), std::pair(run, thread),
      [](const OfThread& t, const auto& key) { return std::pair(t.run, t.thread) < key; });
  return it != threads_.end() && it->run == run && it->thread == thread && stamp < it->before;
}

bool Knowledge::covers_block(std::uint32_t run, std::uint32_t threads, std::uint32_t but,
                             Time stamp) const {
  if (run < blocks_.size() && stamp < blocks_[run]) return true;
  for (std::uint32_t t = 0; t < threads; ++t) {
    if (t != but && !covers(run, t, stamp)) return false;
  }
  return true;
}

void Publication::begin_launch() {
  runs_.clear();
  by_slot_.assign(by_slot_.size(), {});
  left_.clear();
}

void Publication::begin_block(BlockClock& block, std::uint32_t threads, std::uint32_t width) {
  block.run = static_cast<std::uint32_t>(runs_.size());
  runs_.push_back(Run{block.slot, block.index, threads, width, block.start});
  if (by_slot_.size() <= block.slot) by_slot_.resize(block.slot + 1);
  by_slot_[block.slot].push_back(block.run);
}

std::uint32_t Publication::run_of(const Trace& trace) const {
  const std::vector<std::uint32_t>& runs = by_slot_[trace.who / 1024U];
  const auto after =
      std::upper_bound(runs.begin(), runs.end(), trace.stamp,
                       [&](Time stamp, std::uint32_t run) { return stamp < runs_[run].start; });
  return after == runs.begin() ? runs.front() : *(after - 1);
}

bool Publication::known(const Trace& trace, Side side, std::uint64_t lanes, const Actor& actor,
                        std::uint64_t offset) const {
  if (!actor.publisher || !actor.publisher->known) return false;
  const Knowledge& known = *actor.publisher->known;
  if (side == Side::writes && (trace.flags & Trace::atomic) &&
      known.covers_atomics(offset, trace.stamp)) {
    return true;
  }
  const std::uint32_t own = actor.block->run;
  const std::uint32_t run = run_of(trace);
  if (trace.flags & Trace::many_blocks) {
    // Each block's reads are known to be no earlier than the first one's stamp, but not their
    // times. Ordering that a block published after that stamp is taken to include its read.
    if (side == Side::writes || lanes == 0) return false;
    const auto first = static_cast<Time>(lanes >> 32);
    for (std::uint32_t r = 0; r < runs_.size(); ++r) {
      if (r == own || !(lanes >> (r % 32) & 1U) || runs_[r].start > trace.stamp) continue;
      if (known.latest(r) <= first) return false;
    }
    return true;
  }
  if ((trace.flags & Trace::many) == Trace::many_lanes && lanes != 0) {
    const std::uint32_t first = trace.who % 1024U / runs_[run].width * runs_[run].width;
    for (std::uint32_t m = 0; m < runs_[run].width; ++m) {
      const bool own_lane = run == own && first + m == actor.thread;
      if ((lanes >> m & 1U) && !own_lane && !known.covers(run, first + m, trace.stamp))
        return false;
    }
    return true;
  }
  if (trace.flags & Trace::many) {
    return known.covers_block(run, runs_[run].threads,
                              run == own ? actor.thread : runs_[run].threads, trace.stamp);
  }
  return known.covers(run, trace.who % 1024U, trace.stamp);
}

void Publication::fence(Actor& actor, Time now) {
  Publisher& p = publisher(actor);
  if (p.pending) {
    p.known = joined(p.known, p.pending);
    p.pending.reset();
    actor.block->learned = true;
  }
  if (actor.atomic_time != 0) {
    auto more = p.known ? std::make_shared<Knowledge>(*p.known) : std::make_shared<Knowledge>();
    more->add_atomics(actor.atomic_offset, actor.atomic_time);
    p.known = std::move(more);
    actor.atomic_time = 0;
    actor.block->learned = true;
  }
  auto given = p.known ? std::make_shared<Knowledge>(*p.known) : std::make_shared<Knowledge>();
  const BlockClock& block = *actor.block;
  const WaveClock& wave = *actor.wave;
  given->add_block(block.run, block.floor);
  const std::uint32_t first = wave.index * wave.width;
  for (std::uint32_t m = 0; m < wave.width; ++m) {
    if (!(wave.lanes >> m & 1U)) break;
    Time before = wave.floor;
    if (!wave.known.empty()) {
      before = std::max(before, wave.known[actor.lane * wave.width + m]);
    }
    if (before > block.floor) given->add_thread(block.run, first + m, before);
  }
  given->add_thread(block.run, actor.thread, now);
  actor.stamp = now;
  p.release = std::move(given);
}

void Publication::atomic(Actor& actor, std::uint64_t offset, bool reads, bool writes, bool keeps,
                         Time now) {
  if (reads) {
    actor.atomic_offset = offset;
    actor.atomic_time = now;
  }
  const bool releases = writes && actor.publisher && actor.publisher->release;
  if (left_.empty() && !releases) return;
  const auto it = left_.find(offset);
  if (reads && it != left_.end()) {
    Publisher& p = publisher(actor);
    // A copy, because the next atomic extends the published state.
    p.pending = joined(p.pending, std::make_shared<const Knowledge>(*it->second));
  }
  if (!writes) return;
  if (!releases) {
    if (!keeps && it != left_.end()) left_.erase(it);
  } else if (keeps && it != left_.end()) {
    it->second->add(*actor.publisher->release);
  } else {
    left_[offset] = std::make_shared<Knowledge>(*actor.publisher->release);
  }
}

void Publication::share(const std::vector<Actor*>& threads) {
  std::shared_ptr<const Knowledge> all;
  for (const Actor* t : threads) {
    if (t->publisher && t->publisher->known) all = joined(all, t->publisher->known);
  }
  if (!all) return;
  for (Actor* t : threads) publisher(*t).known = all;
}

}  // namespace kernelgate
