// Findings for errors of a launch other than invalid single accesses: host or private memory,
// misaligned addresses, processor faults, threads that do not end or cannot continue.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "harness/executors/source/observer.hpp"
#include "harness/executors/source/places.hpp"
#include "harness/executors/source/runtime.hpp"
#include "harness/executors/source/site_words.hpp"

namespace kernelgate {

void Runtime::foreign(std::uintptr_t address, std::uint64_t bytes, bool writes, Place place) {
  const std::uint64_t offset = address - observer.base;
  const Fiber& fiber = current();
  Actor& actor = *fiber.actor;
  if (fiber.wave->log && offset < memory_.capacity() && bytes <= memory_.capacity() - offset) {
    fiber.wave->log->add(actor.lane, place, writes, offset, bytes);
    const bool good = writes ? checker_.write(actor, offset, bytes, place)
                             : checker_.read(actor, offset, bytes, place);
    if (!good) abandon();
    if (writes && checker_.unsettled()) await_value();
    return;
  }
  const auto* pointer = std::bit_cast<const void*>(address);
  const auto finding = [&](FindingKind kind, const std::string& what) {
    findings_.add(kind, place, no_place, [&] {
      Finding f;
      f.kind = kind;
      f.what = what;
      f.got = Party{fmt::format("{} of {} B", writes ? "write" : "read", bytes),
                    Checker::id(*current().actor), place, "", false};
      return f;
    });
  };
  if (stacks_->holds(pointer)) {
    const std::size_t owner = stacks_->owner(pointer);
    if (owner == fiber.stack) {
      if (!stacks_->in_guard(pointer)) return;
      finding(FindingKind::bounds, "the thread's local variables need more than its stack");
      abandon();
    }
    finding(FindingKind::private_memory,
            fmt::format("local variable of block {} thread {}",
                        slots_[owner / shape_->threads]->clock.index, owner % shape_->threads));
    if (stacks_->in_guard(pointer)) abandon();
    return;
  }
  if (!writes && constants_.hold(address, bytes)) return;
  finding(FindingKind::bounds, address == 0
                                   ? "null pointer"
                                   : fmt::format("memory of the host, address {:#x}", address));
  abandon();
}

void Runtime::misaligned(std::uintptr_t address, std::uint64_t bytes, Place place) {
  findings_.add(FindingKind::align, place, no_place, [&] {
    const std::uint64_t offset = address - reinterpret_cast<std::uintptr_t>(memory_.base());
    Finding f;
    f.kind = FindingKind::align;
    f.what = fmt::format("{} B at an address that is {} past a multiple of {}, {}", bytes,
                         address % bytes, bytes,
                         offset < memory_.capacity() ? checker_.describe(*current().actor, offset)
                                                     : "private memory");
    f.got = Party{fmt::format("access of {} B", bytes), Checker::id(*current().actor), place, "",
                  false};
    return f;
  });
  abandon();
}

void Runtime::crash(std::uintptr_t address, const char* what, FindingKind kind, const void* code) {
  Finding finding;
  finding.kind = kind;
  finding.what = what;
  if (stacks_->in_guard(std::bit_cast<const void*>(address))) {
    finding.what = "the thread's local variables need more than its stack";
  } else if (kind == FindingKind::bounds) {
    finding.what = fmt::format("{} at address {:#x}", what, address);
  }
  // `code` is the address of the instruction itself, but a Place is one past a call.
  finding.got = Party{"access", Checker::id(*current().actor),
                      place_of(static_cast<const char*>(code) + 1), "", false};
  findings_.add(std::move(finding));
  abandon();
}

void Runtime::undefined(const std::string& what, const std::string& where) {
  Finding finding;
  finding.kind = FindingKind::ub;
  finding.what = what;
  finding.got = Party{"computed", Checker::id(*current().actor), no_place, where, false};
  findings_.add(std::move(finding));
}

void Runtime::fail_sync(const std::string& what, source_api::Site site) {
  Finding finding;
  finding.kind = FindingKind::sync;
  finding.what = what;
  finding.got = Party{"call", Checker::id(*current().actor), no_place, words(site), false};
  findings_.add(std::move(finding));
  abandon();
}

void Runtime::hold_to_limits(Place place, const std::string& where) {
  const auto exceeded = steps_.exceeded_limit(current());
  if (!exceeded) return;
  findings_.add(endless(*exceeded, place, where));
  abandon();
}

Finding Runtime::endless(const std::string& what, Place place, const std::string& where) const {
  Finding finding;
  finding.kind = FindingKind::loop;
  finding.what = what;
  finding.got = Party{"last step", Checker::id(*current().actor), place, where, false};
  return finding;
}

void Runtime::fall_silent(const void* code) {
  Finding finding = endless(
      fmt::format(
          "{:g} s of processor time without a step, allowed {:g} s (--silent-limit); by the "
          "clock, so that another run may end elsewhere",
          options_.step_limit.silent_seconds, options_.step_limit.silent_seconds),
      place_of(static_cast<const char*>(code) + 1), "");
  finding.got.act = "found";
  findings_.add(std::move(finding));
  abandon();
}

void Runtime::fail_spin(const void* address) {
  const Fiber& fiber = current();
  report_deadlock(fmt::format(
      "thread {} of block {} waits for a value at {} that no running thread changes", fiber.thread,
      fiber.block->clock.index,
      checker_.describe(*fiber.actor, reinterpret_cast<std::uintptr_t>(address) - observer.base)));
  abandon();
}

// Reports which threads wait where, for the first block that cannot continue.
void Runtime::report_deadlock(const std::string& why) {
  for (const auto& block : slots_) {
    if (!block->running) continue;
    struct Group {
      std::string where;
      std::uint32_t count, first;
    };
    std::vector<Group> groups;
    for (const Fiber& fiber : block->fibers) {
      if (fiber.waits == Waits::nothing) continue;
      std::string where = "k_sync at " + words(fiber.site);
      if (fiber.waits == Waits::wave) {
        const WaveRun::Slot& slot = fiber.wave->slots[fiber.actor->lane];
        where = fmt::format("{} at {}", name(slot.op), words(fiber.site));
        if (slot.mask != fiber.wave->clock->lanes) where += fmt::format(" mask {:#x}", slot.mask);
      }
      const auto known = std::find_if(groups.begin(), groups.end(),
                                      [&](const Group& g) { return g.where == where; });
      if (known == groups.end()) {
        groups.push_back({where, 1, fiber.thread});
      } else {
        ++known->count;
      }
    }
    if (groups.empty() && why.empty()) continue;
    Finding finding;
    finding.kind = FindingKind::sync;
    std::string list;
    for (const Group& g : groups) {
      list += fmt::format("{}{} wait in {} (first thread {})", list.empty() ? "" : "; ", g.count,
                          g.where, g.first);
    }
    if (block->exited > 0) list += fmt::format("; {} have exited", block->exited);
    finding.what = why.empty() ? fmt::format("block {} cannot go on, of its {} threads {}",
                                             block->clock.index, block->threads, list)
                               : why + (list.empty() ? "" : ": " + list);
    findings_.add(std::move(finding));
    return;
  }
}

}  // namespace kernelgate
