// Fiber scheduling: a fiber runs until it waits or yields, and control then switches directly to
// the next ready fiber.
#include <bit>
#include <utility>

#include "harness/executors/source/observer.hpp"
#include "harness/executors/source/runtime.hpp"
#include "harness/executors/source/site_words.hpp"

namespace kernelgate {

// For a counted wave the observed capacity is 0, so every access takes the slow path through
// foreign(). Accesses of other waves cost nothing extra.
void Runtime::observe(const Fiber* fiber) {
  observer.actor = observed_ ? fiber->actor : nullptr;
  if (counting()) observer.capacity = fiber->wave->log ? 0 : memory_.capacity();
}

Fiber* Runtime::first_ready() {
  for (WaveRun* wave : ring_) {
    if (wave->ready == 0) continue;
    const int p = std::countr_zero(wave->ready);
    wave->ready &= wave->ready - 1;
    return wave->fibers[static_cast<std::size_t>(p)];
  }
  return nullptr;
}

// The next ready fiber after a position of a wave: first the rest of the wave, or with `wrap` all
// of it, then the following waves.
Fiber* Runtime::next(const WaveRun& from, std::uint32_t position, bool wrap) {
  const auto take = [](WaveRun& wave, std::uint64_t among) {
    const int p = std::countr_zero(among);
    wave.ready &= ~(1ULL << p);
    return wave.fibers[static_cast<std::size_t>(p)];
  };
  WaveRun& own = *ring_[from.ring];
  const std::uint64_t later = own.ready & ~((2ULL << position) - 1);
  if (later != 0) return take(own, later);
  if (wrap && own.ready != 0) return take(own, own.ready);
  const std::size_t n = ring_.size();
  for (std::size_t i = 1, at = own.ring; i < n; ++i) {
    if (++at == n) at = 0;
    if (ring_[at]->ready != 0) return take(*ring_[at], ring_[at]->ready);
  }
  return own.ready != 0 ? take(own, own.ready) : nullptr;
}

// Switches directly to a fiber, or to the launch itself if there is none.
void Runtime::go(FiberState& from, Fiber* to) {
  if (!to) {
    switch_fiber(from, main_);
    return;
  }
  current_ = to;
  came_at_ = credited_;
  observe(to);
  switch_fiber(from, to->state);
}

void Runtime::wait() {
  credit();
  Fiber& fiber = *current_;
  idle_spins_ = 0;
  go(fiber.state, next(*fiber.wave, fiber.position, true));
}

// Lets other fibers run first: only those of other waves, or all of them.
void Runtime::yield(bool other_wave) {
  credit();
  Fiber& fiber = *current_;
  WaveRun& wave = *fiber.wave;
  const std::uint64_t ready = wave.ready;
  if (other_wave) wave.ready = 0;
  Fiber* to = next(wave, fiber.position, false);
  if (other_wave) wave.ready |= ready;
  if (!to) return;
  wave.ready |= 1ULL << fiber.position;
  go(fiber.state, to);
}

void Runtime::finish_thread() {
  if (checker_.unsettled()) checker_.settle();
  credit();
  ++other_steps_;
  Fiber& fiber = *current_;
  BlockRun& block = *fiber.block;
  idle_spins_ = 0;
  FiberState dead = nullptr;
  if (++block.exited == block.threads) {
    finished_ = &block;
    observer.actor = nullptr;
    go(dead, nullptr);
  }
  go(dead, next(*fiber.wave, fiber.position, true));
  __builtin_unreachable();
}

void Runtime::abandon() {
  abandoned_ = true;
  observer.actor = nullptr;
  FiberState dead = nullptr;
  switch_fiber(dead, main_);
  __builtin_unreachable();
}

void Runtime::sync_block(source_api::Site site) {
  if (checker_.unsettled()) checker_.settle();
  if (step()) hold_to_limits(no_place, words(site));
  Fiber& fiber = *current_;
  BlockRun& block = *fiber.block;
  fiber.waits = Waits::block;
  fiber.site = site;
  if (++block.arrived < block.threads) {
    wait();
    return;
  }
  // All threads have arrived. They must be at the same site, else the launch ends.
  for (const Fiber& other : block.fibers) {
    if (!same(other.site, site)) {
      report_deadlock("");
      abandon();
    }
  }
  block.arrived = 0;
  if (checks_) checker_.block_barrier(block.clock);
  if (counting()) end_interval(block);
  for (Fiber& other : block.fibers) other.waits = Waits::nothing;
  for (WaveRun& wave : block.waves) {
    for (std::uint64_t lanes = wave.clock->lanes; lanes != 0; lanes &= lanes - 1) {
      wave.ready |= 1ULL << wave.position_of[static_cast<std::size_t>(std::countr_zero(lanes))];
    }
  }
  fiber.wave->ready &= ~(1ULL << fiber.position);
}

// A thread that repeatedly reads the same value at the same address waits for another thread. Waves
// run concurrently on a device, so the other waves get to run; forward progress of lanes in one
// wave is not guaranteed.
bool Runtime::spin(const void* address, std::uint64_t value) {
  constexpr std::uint32_t repeats = 64;
  Fiber& fiber = *current_;
  if (fiber.spin_address != address || fiber.spin_value != value) {
    fiber.spin_address = address;
    fiber.spin_value = value;
    fiber.spins = 0;
    return false;
  }
  if (++fiber.spins < repeats) return false;
  const std::uint64_t limit = 100000 + 64ULL * ring_.size() * 64;
  if (++idle_spins_ > limit) {
    report_deadlock(
        fmt::format("thread {} of block {} waits for a value at {} that no running thread changes",
                    fiber.thread, fiber.block->clock.index,
                    checker_.describe(*fiber.actor,
                                      reinterpret_cast<std::uintptr_t>(address) - observer.base)));
    abandon();
  }
  yield(true);
  return true;
}

}  // namespace kernelgate
