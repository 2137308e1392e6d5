#include "harness/checker/checker.hpp"

#include <algorithm>
#include <bit>

#include "harness/core/pieces.hpp"

namespace kernelgate {

Checker::Checker(DeviceMemory& memory, Findings& findings, SameValueWrites same_value_writes)
    : memory_(memory),
      findings_(findings),
      same_value_writes_(same_value_writes),
      base_(memory.base()),
      states_(memory.states()),
      cells_(memory.cells()) {}

void Checker::begin_launch() {
  if (time_ > 1U << 31) {  // resets the four-byte stamps before they wrap
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
  block.waves.resize(pieces(threads, width));
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

}  // namespace kernelgate
