#include "harness/executors/source/schedule.hpp"

#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "harness/executors/source/observer.hpp"

namespace kernelgate {

void Schedule::begin(const Observed& observed) {
  observed_ = observed;
  key_ = mix64(seed_ ^ mix64(++launch_));
  drawn_ = 0;
  idle_spins_ = 0;
  ring_.clear();
}

std::vector<std::uint32_t> Schedule::block_order(std::uint64_t blocks) {
  std::vector<std::uint32_t> order;
  if (seed_ == 0) return order;
  order.resize(blocks);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint64_t i = blocks; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

void Schedule::add(BlockRun& block) {
  std::vector<std::uint32_t> order(block.waves.size());
  std::iota(order.begin(), order.end(), 0U);
  std::array<std::uint8_t, 64> lanes{};
  std::iota(lanes.begin(), lanes.end(), std::uint8_t{0});
  const std::uint32_t width = block.waves[0].clock->width;
  if (seed_ != 0) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
    for (std::size_t i = width; i > 1; --i) std::swap(lanes[i - 1], lanes[random() % i]);
  }
  for (const std::uint32_t w : order) {
    WaveRun& wave = block.waves[w];
    wave.lane_at = lanes;
    ring_.push_back(&wave);
  }
  number_waves();
}

void Schedule::remove(const BlockRun& block) {
  std::erase_if(ring_, [&](const WaveRun* wave) { return wave->block == &block; });
  number_waves();
}

void Schedule::number_waves() {
  for (std::uint32_t i = 0; i < ring_.size(); ++i) ring_[i]->ring = i;
}

// For a counted wave the observed capacity is 0, so every access takes the slow path through
// Runtime::foreign(). Accesses of other waves cost nothing extra.
void Schedule::observe(const Fiber& fiber) const {
  observer.actor = observed_.accesses ? fiber.actor : nullptr;
  if (observed_.counted) observer.capacity = fiber.wave->log ? 0 : observed_.capacity;
}

Fiber* Schedule::first_ready() {
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
Fiber* Schedule::next(const WaveRun& from, std::uint32_t position, bool wrap) {
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

// Switches directly to a fiber, or to the caller of run() if there is none.
void Schedule::go(FiberState& from, Fiber* to) {
  if (!to) {
    switch_fiber(from, main_);
    return;
  }
  current_ = to;
  steps_.resume();
  observe(*to);
  switch_fiber(from, to->state);
}

bool Schedule::run() {
  ended_ = nullptr;
  Fiber* fiber = first_ready();
  if (fiber == nullptr) return false;
  go(main_, fiber);
  return true;
}

void Schedule::wait() {
  Fiber& fiber = *current_;
  steps_.credit(fiber);
  idle_spins_ = 0;
  go(fiber.state, next(*fiber.wave, fiber.position, true));
}

void Schedule::yield(Before before) {
  Fiber& fiber = *current_;
  steps_.credit(fiber);
  WaveRun& wave = *fiber.wave;
  const std::uint64_t ready = wave.ready;
  if (before == Before::other_waves) wave.ready = 0;
  Fiber* to = next(wave, fiber.position, false);
  if (before == Before::other_waves) wave.ready |= ready;
  if (!to) return;
  make_ready(fiber);
  go(fiber.state, to);
}

void Schedule::end_fiber() {
  Fiber& fiber = *current_;
  steps_.credit(fiber);
  steps_.end_thread();
  BlockRun& block = *fiber.block;
  idle_spins_ = 0;
  if (++block.exited == block.threads) {
    ended_ = &block;
    leave();
  }
  FiberState dead = nullptr;
  go(dead, next(*fiber.wave, fiber.position, true));
  __builtin_unreachable();
}

void Schedule::leave() {
  observer.actor = nullptr;
  FiberState dead = nullptr;
  switch_fiber(dead, main_);
  __builtin_unreachable();
}

void Schedule::release_block() {
  BlockRun& block = *current_->block;
  for (Fiber& fiber : block.fibers) fiber.waits = Waits::nothing;
  for (WaveRun& wave : block.waves) {
    for (std::uint64_t lanes = wave.clock->lanes; lanes != 0; lanes &= lanes - 1) {
      wave.ready |= 1ULL << wave.position_of[static_cast<std::size_t>(std::countr_zero(lanes))];
    }
  }
  current_->wave->ready &= ~(1ULL << current_->position);
}

// Waves run concurrently on a device, so the other waves get to run; forward progress of lanes in
// one wave is not guaranteed.
bool Schedule::spin(const void* address, std::uint64_t value) {
  constexpr std::uint32_t repeats = 64;
  Fiber& fiber = *current_;
  if (fiber.spin_address != address || fiber.spin_value != value) {
    fiber.spin_address = address;
    fiber.spin_value = value;
    fiber.spins = 0;
    return true;
  }
  if (++fiber.spins < repeats) return true;
  const std::uint64_t limit = 100000 + 64ULL * ring_.size() * 64;
  if (++idle_spins_ > limit) return false;
  yield(Before::other_waves);
  return true;
}

}  // namespace kernelgate
