// Saves and restores the process state that external code may change and the harness relies on:
// rounding, locales, working directory, signals, OpenMP settings.
#pragma once

#include <csignal>
#include <iterator>
#include <locale>
#include <string>

namespace kernelgate {

/// Sets the calling thread's floating-point mode to the C++ default: rounding to nearest, subnormal
/// numbers kept (no FTZ, no DAZ), no traps. Costs a few cycles if nothing changed.
void use_standard_floats();

/// The state of the process at the object's construction.
class OwnState {
 public:
  OwnState();
  ~OwnState();
  OwnState(const OwnState&) = delete;
  OwnState& operator=(const OwnState&) = delete;

  /// Restores standard floating point in this thread and in every OpenMP thread that it may start,
  /// the OpenMP settings, the locales of C and C++, working directory, umask, signal mask, and the
  /// handlers of the signals that end processes or report their end.
  void restore() const;

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};

  int threads_, levels_, dynamic_;
  int schedule_kind_ = 0, schedule_chunk_ = 0;
  std::string c_locale_;
  void* thread_locale_;
  std::locale cpp_locale_;
  int folder_;  // descriptor of the working directory; -1 if it cannot be opened
  unsigned umask_;
  sigset_t mask_{};
  struct sigaction handlers_[std::size(signals)] = {};
};

/// Restores the process state at the end of a call into external code, also after an exception.
class Guest {
 public:
  explicit Guest(const OwnState& own) : own_(own) {}
  ~Guest() { own_.restore(); }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

 private:
  const OwnState& own_;
};

}  // namespace kernelgate
