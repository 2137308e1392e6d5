// Runs another program to its end and returns its output and exit status. The program cannot
// outlive its time limit or the process that started it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace kernelgate {

struct ProcessRequest {
  std::vector<std::string> words;  // program (a path, or a name in PATH) and arguments
  std::filesystem::path folder;    // working directory; empty: this process's
  double time_limit_seconds = 0;   // 0: none
  std::filesystem::path log;       // output and errors are appended here; empty: returned
};

struct ProcessEnd {
  int exit_code = 0;       // 127: could not be started; signals: 128 + number
  bool timed_out = false;  // killed at the limit
  std::string output, errors;

  bool well() const { return exit_code == 0 && !timed_out; }
  /// "exit code 2", "died of SEGV", "over the time limit of 10 s".
  std::string describe() const;
  double limit_seconds = 0;
};

/// The calling process must not have threads. Throws std::runtime_error if the system has no
/// processes or pipes left.
ProcessEnd run_process(const ProcessRequest& request);

/// Whether a child of this process has ended; it can still be waited for. Another process may keep
/// its outputs open, so their end does not show it.
bool process_has_ended(pid_t child);

}  // namespace kernelgate
