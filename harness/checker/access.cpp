// Slow path of plain accesses: the first access to memory, accesses to parts of a dword, and
// accesses that are unordered with earlier ones.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "harness/checker/checker.hpp"
#include "harness/checker/traces.hpp"

namespace kernelgate {

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

// Copies the state of a dword's cell to its four byte cells, which replace it.
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
  // A write of all four bytes replaces the earlier state.
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

template bool Checker::slow_dword<false>(Actor&, std::uint64_t, Place);
template bool Checker::slow_dword<true>(Actor&, std::uint64_t, Place);
template bool Checker::part<false>(Actor&, std::uint64_t, std::uint32_t, Place);
template bool Checker::part<true>(Actor&, std::uint64_t, std::uint32_t, Place);

}  // namespace kernelgate
