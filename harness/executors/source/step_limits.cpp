// Step limits: ends a kernel that does not terminate and reports where it was. Accesses are counted
// by the observer's countdown and credited to their thread when it yields or the countdown ends.
// Other steps are counted one by one.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/executors/source/observer.hpp"
#include "harness/executors/source/places.hpp"
#include "harness/executors/source/runtime.hpp"

namespace kernelgate {

namespace {

// A thread yields after this many accesses even if nothing else makes it yield, because it may wait
// for another thread. Terminating kernels stay far below it.
constexpr std::uint64_t alone = std::uint64_t{1} << 20;

}  // namespace

// Restarts the countdown after adding its elapsed accesses to the total.
void Runtime::arm(std::int64_t countdown) {
  accesses_ = seen();
  armed_ = observer.countdown = countdown;
}

std::uint64_t Runtime::seen() const {
  return accesses_ + static_cast<std::uint64_t>(armed_ == 0 ? 0 : armed_ - observer.countdown);
}

std::int64_t Runtime::until_event() {
  std::uint64_t most = std::min(alone, max_of_thread_) + 1;
  if (options_.yield_every > 0) {
    most = std::min(most, 1 + random() % (std::uint64_t{2} * options_.yield_every));
  }
  return static_cast<std::int64_t>(most);
}

void Runtime::credit() {
  const std::uint64_t now = seen();
  const std::uint64_t made = now - std::exchange(credited_, now);
  current_->steps += made;
  current_->block->steps += made;
}

bool Runtime::ran_alone() { return seen() - came_at_ >= alone; }

bool Runtime::step() {
  ++other_steps_;
  const bool too_many = ++current_->block->steps > max_of_block_;
  return ++current_->steps > max_of_thread_ || too_many;
}

void Runtime::hold_to_limits(Place place, const std::string& where) {
  constexpr const char* kinds = "accesses, atomics, fences, barriers, wave operations";
  const BlockRun& block = *current_->block;
  std::string what;
  if (current_->steps > max_of_thread_) {
    what = fmt::format("{} steps of one thread without an end, allowed {} (--step-limit): {}",
                       current_->steps, max_of_thread_, kinds);
  } else if (block.steps > max_of_block_) {
    what =
        fmt::format("{} steps of one block without an end, allowed {} ({} times --step-limit): {}",
                    block.steps, max_of_block_, StepLimit::block_factor, kinds);
  } else {
    return;
  }
  findings_.add(endless(what, place, where));
  abandon();
}

Finding Runtime::endless(const std::string& what, Place place, const std::string& where) const {
  Finding finding;
  finding.kind = FindingKind::loop;
  finding.what = what;
  finding.got = Party{"last step", Checker::id(*current_->actor), place, where, false};
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

}  // namespace kernelgate
