// Turns a processor fault in a kernel (a memory fault, a division by zero) into a finding of its
// launch.
#pragma once

#include <csignal>

namespace kernelgate {

/// During its lifetime, faults in fibers of the launch on this thread end that launch. Other faults
/// are handled by the default action.
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
