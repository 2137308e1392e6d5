#include "harness/executors/source/step_count.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace kernelgate {

namespace {

// A thread yields after this many accesses even if nothing else makes it yield, because it may wait
// for another thread. Terminating kernels stay far below it.
constexpr std::uint64_t alone = std::uint64_t{1} << 20;

}  // namespace

void StepCount::begin(const StepLimit& limit) {
  constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
  *this = StepCount{};
  max_of_thread_ = limit.steps == 0 ? no_limit : limit.steps;
  max_of_block_ = limit.steps > no_limit / StepLimit::block_factor || limit.steps == 0
                      ? no_limit
                      : limit.steps * StepLimit::block_factor;
}

void StepCount::start_countdown(std::uint64_t max_accesses) {
  const std::uint64_t most = std::min(alone, max_of_thread_) + 1;
  set_countdown(static_cast<std::int64_t>(std::min(most, max_accesses)));
}

bool StepCount::ran_alone() const { return accesses() - resumed_at_ >= alone; }

std::optional<std::string> StepCount::exceeded_limit(const Fiber& fiber) const {
  constexpr const char* kinds = "accesses, atomics, fences, barriers, wave operations";
  if (fiber.steps > max_of_thread_) {
    return fmt::format("{} steps of one thread without an end, allowed {} (--step-limit): {}",
                       fiber.steps, max_of_thread_, kinds);
  }
  if (fiber.block->steps > max_of_block_) {
    return fmt::format(
        "{} steps of one block without an end, allowed {} ({} times --step-limit): {}",
        fiber.block->steps, max_of_block_, StepLimit::block_factor, kinds);
  }
  return std::nullopt;
}

}  // namespace kernelgate
