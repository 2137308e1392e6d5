// A clock that also reports whether the machine disturbed the measured time. Every command that
// prints a time measures it with this clock, so that all of them mark samples by one rule.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "harness/core/timed_span.hpp"
#include "harness/timing/machine_watch.hpp"

namespace kernelgate {

/// A sample is disturbed if the clock was throttled during it, or if its threads waited for a core
/// longer than this share of it. The share is half of the margin of comparisons (docs/compare.md).
inline constexpr double disturbed_share = 0.01;

/// Sums the intervals between start() and stop(). Reading the system's counters takes some
/// microseconds per thread and happens outside of the intervals.
class WatchedClock {
 public:
  /// Keeps a reference to the watch.
  explicit WatchedClock(const MachineWatch& watch) : watch_(watch) {}

  void start();
  void stop();
  /// The intervals since construction, as one sample.
  TimedSpan total() const;

 private:
  using Clock = std::chrono::steady_clock;

  const MachineWatch& watch_;
  std::optional<std::int64_t> throttled_;  // at the start of the current interval
  std::optional<double> waited_;           // likewise
  Clock::time_point start_;
  double seconds_ = 0, waiting_seconds_ = 0;
  bool throttling_ = false;  // in any interval
  bool shown_ = false;       // whether the system reports throttling or waiting
};

/// Runs `work` once and returns its time.
template <class Work>
TimedSpan timed_span(const MachineWatch& watch, Work&& work) {
  WatchedClock clock(watch);
  clock.start();
  work();
  clock.stop();
  return clock.total();
}

}  // namespace kernelgate
