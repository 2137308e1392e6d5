// Counts the steps of a launch, and tells when a thread or a block has exceeded its limit. Accesses
// are counted by the observer's countdown and credited to their thread when it yields or the
// countdown ends. Other steps are counted one by one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "harness/executors/source/block_run.hpp"
#include "harness/executors/source/observer.hpp"
#include "harness/executors/step_limit.hpp"

namespace kernelgate {

class StepCount {
 public:
  /// Starts a launch: nothing is counted, and the countdown is stopped.
  void begin(const StepLimit& limit);
  void end() { set_countdown(0); }

  /// The number of accesses reported so far; after end(), those of the whole launch.
  std::uint64_t accesses() const {
    return accesses_ + static_cast<std::uint64_t>(set_to_ == 0 ? 0 : set_to_ - observer.countdown);
  }
  /// Increases with every step of any thread.
  std::uint64_t steps() const { return accesses() + other_steps_; }

  /// Lets the countdown end after at most this many accesses, or earlier where a limit requires it.
  void start_countdown(std::uint64_t max_accesses);
  /// Lets the countdown end at the next access, because the value of a write is awaited.
  void await_value() {
    if (before_value_ == 0) before_value_ = observer.countdown;
    set_countdown(1);
  }
  /// Continues a countdown that await_value() shortened; false if it has really ended.
  bool continue_countdown() {
    const std::int64_t left = std::exchange(before_value_, 0) - 1;
    if (left <= 0) return false;
    set_countdown(left);
    return true;
  }

  /// A fiber runs again.
  void resume() { resumed_at_ = credited_; }
  /// Whether the running fiber has made so many accesses that it must yield: it may wait for
  /// another thread.
  bool ran_alone() const;
  /// Credits the accesses since the last credit to the running fiber.
  void credit(Fiber& fiber) {
    const std::uint64_t now = accesses();
    const std::uint64_t made = now - std::exchange(credited_, now);
    fiber.steps += made;
    fiber.block->steps += made;
  }
  /// Counts a step other than an access. Returns whether a limit is exceeded.
  bool step(Fiber& fiber) {
    ++other_steps_;
    const bool too_many = ++fiber.block->steps > max_of_block_;
    return ++fiber.steps > max_of_thread_ || too_many;
  }
  /// Counts the end of a thread, which has no limit.
  void end_thread() { ++other_steps_; }

  /// The limit that the thread or its block has exceeded, as text; nothing if there is none.
  std::optional<std::string> exceeded_limit(const Fiber& fiber) const;

 private:
  // Restarts the countdown after adding its elapsed accesses to the total.
  void set_countdown(std::int64_t countdown) {
    accesses_ = accesses();
    set_to_ = observer.countdown = countdown;
  }

  std::uint64_t max_of_thread_ = 0;  // step limits
  std::uint64_t max_of_block_ = 0;
  std::uint64_t accesses_ = 0;     // before the countdown was set
  std::int64_t set_to_ = 0;        // the value that the countdown was set to
  std::int64_t before_value_ = 0;  // countdown before a write whose value is awaited; or 0
  std::uint64_t credited_ = 0;     // accesses already credited to their threads
  std::uint64_t resumed_at_ = 0;   // accesses when the current fiber was resumed
  std::uint64_t other_steps_ = 0;  // steps other than accesses
};

}  // namespace kernelgate
