// Saves and restores the state of the process that code from outside may change and the harness
// relies on: rounding, locales, the working directory, signals, OpenMP's settings.
#pragma once

#include <csignal>
#include <iterator>
#include <locale>
#include <string>

namespace kernelgate {

/// Sets the calling thread's floating point to what the C++ standard starts with: rounding to
/// nearest, subnormal numbers kept (no FTZ, no DAZ), no traps. A few cycles where nothing changed.
void use_standard_floats();

/// The state of the process as it was when the object was made.
class OwnState {
 public:
  OwnState();
  ~OwnState();
  OwnState(const OwnState&) = delete;
  OwnState& operator=(const OwnState&) = delete;

  /// Puts it back: standard floating point in this thread and in every OpenMP thread that it may
  /// start, OpenMP's own settings, the locales of C and C++, working directory, umask, signal mask,
  /// and the handlers of the signals that end or wait for processes.
  void restore() const;

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};

  int threads_, levels_, dynamic_;
  int schedule_kind_ = 0, schedule_chunk_ = 0;
  std::string c_locale_;
  void* thread_locale_;
  std::locale cpp_locale_;
  int folder_;  // descriptor of the working directory; -1 where it cannot be opened
  unsigned umask_;
  sigset_t mask_{};
  struct sigaction handlers_[std::size(signals)] = {};
};

/// Restores the process when a call into code from outside ends, by an exception, too.
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
