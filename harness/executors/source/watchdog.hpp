// The watchdog for kernels that run on without a countable step.
#pragma once

#include <csignal>
#include <cstdint>
#include <ctime>

namespace kernelgate {

/// During its lifetime, the launch of this host thread ends with a finding when it has used this
/// much processor time without a step. Needs the signal stack of a CrashGuard.
class Watchdog {
 public:
  /// 0 seconds disables the watchdog. Throws BadInput if the host has no such timer.
  explicit Watchdog(double seconds);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  static void on_timer(int signal, siginfo_t* info, void* context);
  void look(const void* context);

  std::uint64_t steps_ = 0;  // of the launch, at the last look
  int unchanged_ = 0;        // looks since then that found the same number
  bool watching_ = false;
  timer_t timer_ = {};
  struct sigaction before_ = {};
};

}  // namespace kernelgate
