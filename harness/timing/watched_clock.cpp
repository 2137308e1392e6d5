#include "harness/timing/watched_clock.hpp"

namespace kernelgate {

void WatchedClock::start() {
  throttled_ = watch_.throttle_events();
  waited_ = watch_.waiting_seconds();
  shown_ = shown_ || throttled_ || waited_;
  start_ = Clock::now();
}

void WatchedClock::stop() {
  seconds_ += std::chrono::duration<double>(Clock::now() - start_).count();
  if (throttled_) throttling_ = throttling_ || watch_.throttle_events() != throttled_;
  if (waited_) waiting_seconds_ += watch_.waiting_seconds().value_or(*waited_) - *waited_;
}

TimedSpan WatchedClock::total() const {
  TimedSpan span{.seconds = seconds_};
  if (shown_) span.disturbed = throttling_ || waiting_seconds_ > disturbed_share * seconds_;
  return span;
}

}  // namespace kernelgate
