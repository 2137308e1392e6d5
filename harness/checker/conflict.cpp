// Formats the diagnostics of conflicting accesses.
#include <fmt/format.h>

#include <bit>
#include <string>

#include "harness/checker/checker.hpp"
#include "harness/checker/traces.hpp"

namespace kernelgate {

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

Finding Checker::words(FindingKind kind, const Trace& earlier, const char* earlier_act,
                       const char* act, const Actor& actor, const Access& access) const {
  Finding f;
  f.kind = kind;
  const Publication::Run& run = publication_.run(publication_.run_of(earlier));
  std::uint32_t thread = earlier.who % 1024U;
  bool several = false;
  if (earlier.who == actor.who && run.block == actor.block->index) {
    // The last thread of the set is the current one: reports another member if the members are
    // known.
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

}  // namespace kernelgate
