// The clock for a kernel that goes on without a step that could be counted.
#pragma once

#include <csignal>
#include <ctime>

namespace kernelgate {

/// While it lives, the launch of this thread of the host ends with a finding when it has had so
/// much of its processor's time without a step. Needs the signal stack of a CrashGuard.
class SilenceGuard {
 public:
  /// 0 seconds: nothing is watched. Throws BadInput where the host gives no such timer.
  explicit SilenceGuard(double seconds);
  ~SilenceGuard();
  SilenceGuard(const SilenceGuard&) = delete;
  SilenceGuard& operator=(const SilenceGuard&) = delete;

 private:
  bool watching_ = false;
  timer_t timer_ = {};
  struct sigaction before_ = {};
};

}  // namespace kernelgate
