// Shuffles, ballots and barriers of a wave: which lanes must arrive, and the result of each lane.
#include <fmt/format.h>

#include <array>
#include <bit>

#include "harness/executors/source/runtime.hpp"
#include "harness/executors/source/site_words.hpp"

namespace kernelgate {

std::uint64_t Runtime::wave_operation(source_api::WaveOp op, std::uint64_t mask,
                                      std::uint64_t value, std::uint32_t operand,
                                      std::uint32_t width, source_api::Site site) {
  if (checker_.unsettled()) checker_.settle();
  Fiber& fiber = current();
  if (steps_.step(fiber)) hold_to_limits(no_place, words(site));
  WaveRun& wave = *fiber.wave;
  const std::uint32_t lane = fiber.actor->lane;
  const char* op_name = name(op);
  if (mask == 0) mask = wave.clock->lanes;
  if (width != wave.clock->width) {
    fail_sync(
        fmt::format("{} of width {} in a wave of {} lanes", op_name, width, wave.clock->width),
        site);
  }
  if (!(mask >> lane & 1U)) {
    fail_sync(fmt::format("{} with a mask that leaves out its caller, {:#x}", op_name, mask), site);
  }
  if (mask & ~wave.clock->lanes) {
    fail_sync(
        fmt::format("{} with a mask of lanes that the block does not have, {:#x}", op_name, mask),
        site);
  }
  wave.slots[lane] = WaveRun::Slot{mask, value, 0, operand, op, site};
  wave.arrived |= 1ULL << lane;
  // Lanes that wait at the same call with a different, overlapping mask would wait forever.
  bool complete_now = (wave.arrived & mask) == mask;
  for (std::uint64_t rest = complete_now || mask != wave.clock->lanes ? wave.arrived & mask : 0;
       rest != 0; rest &= rest - 1) {
    const WaveRun::Slot& other = wave.slots[static_cast<std::size_t>(std::countr_zero(rest))];
    const bool same_call = other.op == op && same(other.site, site);
    if (same_call && other.mask != mask) {
      fail_sync(fmt::format("{} with masks that differ between its lanes, {:#x} and {:#x}", op_name,
                            mask, other.mask),
                site);
    }
    complete_now = complete_now && same_call;
  }
  if (complete_now) {
    complete(wave, wave.slots[lane], mask);
    return wave.slots[lane].result;
  }
  fiber.waits = Waits::wave;
  fiber.site = site;
  schedule_.wait();
  return wave.slots[lane].result;
}

// The last lane to arrive computes the results of all of them.
void Runtime::complete(WaveRun& wave, const WaveRun::Slot& call, std::uint64_t mask) {
  using source_api::WaveOp;
  const std::uint32_t width = wave.clock->width;
  std::uint64_t voted = 0;
  if (call.op == WaveOp::ballot) {
    for (std::uint64_t rest = mask; rest != 0; rest &= rest - 1) {
      const auto lane = static_cast<std::uint32_t>(std::countr_zero(rest));
      if (wave.slots[lane].value != 0) voted |= 1ULL << lane;
    }
  }
  for (std::uint64_t rest = mask; rest != 0; rest &= rest - 1) {
    const auto lane = static_cast<std::uint32_t>(std::countr_zero(rest));
    WaveRun::Slot& slot = wave.slots[lane];
    std::uint32_t from = lane;
    switch (call.op) {
      case WaveOp::sync:
      case WaveOp::together:
        break;
      case WaveOp::ballot:
        slot.result = voted;
        break;
      case WaveOp::shuffle:
        from = slot.operand;
        break;
      case WaveOp::shuffle_xor:
        from = lane ^ slot.operand;
        break;
      case WaveOp::shuffle_up:
        from = lane >= slot.operand ? lane - slot.operand : lane;
        break;
      case WaveOp::shuffle_down:
        from = slot.operand < width - lane ? lane + slot.operand : lane;
        break;
    }
    if (call.op >= WaveOp::shuffle && call.op < WaveOp::together) {
      if (from >= width || !(mask >> from & 1U)) {
        const bool absent = from >= width || !(wave.clock->lanes >> from & 1U);
        fail_sync(fmt::format("{}: lane {} of wave {} reads lane {}, which {}", name(call.op), lane,
                              wave.clock->index, from,
                              absent ? "the block does not have" : "the mask leaves out"),
                  call.site);
      }
      slot.result = wave.slots[from].value;
    }
    Fiber& fiber = *wave.fibers[wave.position_of[lane]];
    if (&fiber != &current()) Schedule::make_ready(fiber);
    fiber.waits = Waits::nothing;
  }
  wave.arrived &= ~mask;
  if (call.op == WaveOp::together) {
    std::array<void*, 64> lanes{};
    for (std::uint32_t l = 0; l < width; ++l) {
      lanes[l] = std::bit_cast<void*>(static_cast<std::uintptr_t>(wave.slots[l].value));
    }
    together_(lanes.data());
  }
  if (checks_ && call.op == WaveOp::sync) {
    checker_.wave_sync(*wave.clock, wave.block->clock, mask);
  }
}

void Runtime::wave_together(void* mine, void (*compute)(void* const*), std::uint32_t width,
                            source_api::Site site) {
  const WaveClock& clock = *current().wave->clock;
  if (clock.lanes != (width == 64 ? ~0ULL : (1ULL << width) - 1)) {
    fail_sync("a matrix product in a wave that is not full", site);
  }
  together_ = compute;  // all lanes of a site pass the same function
  wave_operation(source_api::WaveOp::together, 0, reinterpret_cast<std::uintptr_t>(mine), 0, width,
                 site);
}

}  // namespace kernelgate
