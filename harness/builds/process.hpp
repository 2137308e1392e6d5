// Runs another program to its end: what it printed, how it ended. It cannot outlive its time limit
// nor the process that started it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace kernelgate {

struct ProcessRequest {
  std::vector<std::string> words;  // program (a path, or a name to be looked up) and arguments
  std::filesystem::path folder;    // to run in; empty: this process's
  double time_limit_seconds = 0;   // 0: none
  std::filesystem::path log;       // standard output and error are appended here; empty: kept
};

struct ProcessEnd {
  int exit_code = 0;       // 127: could not be started; of a signal 128 and its number
  bool timed_out = false;  // killed at the limit
  std::string output, errors;

  bool well() const { return exit_code == 0 && !timed_out; }
  /// "exit code 2", "died of SEGV", "over the time limit of 10 s".
  std::string in_words() const;
  double limit_seconds = 0;
};

/// The calling process must not have threads. Throws std::runtime_error when the system has no
/// process or pipe left.
ProcessEnd run_process(const ProcessRequest& request);

/// Whether a child of this process has ended; it can still be waited for. Another process may hold
/// its outputs open then, so that their end does not show it.
bool process_has_ended(pid_t child);

}  // namespace kernelgate
