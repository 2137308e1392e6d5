// What a kernel does to the host's processor, a fault in memory or a division by zero, becomes a
// finding of its launch.
#pragma once

#include <csignal>

namespace kernelgate {

/// While it lives, faults in fibers of the launch that runs on this thread end that launch. Others
/// go where they went before.
class CrashGuard {
 public:
  CrashGuard();
  ~CrashGuard();
  CrashGuard(const CrashGuard&) = delete;
  CrashGuard& operator=(const CrashGuard&) = delete;

 private:
  static constexpr int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  struct sigaction before_[4] = {};
  stack_t stack_before_ = {};
};

}  // namespace kernelgate
