// Runs another program to its end and returns its output and exit status. The program cannot
// outlive its time limit or the process that started it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace kernelgate {

/// Where a program's output and errors go.
enum class ProcessOutput {
  returned,    // into ProcessEnd
  new_log,     // into the file `log`, which is replaced
  log_end,     // appended to the file `log`
  own_errors,  // both to this process's stderr
};

struct ProcessRequest {
  std::vector<std::string> words;  // program (a path, or a name in PATH) and arguments
  ProcessOutput output = ProcessOutput::returned;
  std::filesystem::path log = {};
  std::filesystem::path folder = {};  // working directory; empty: this process's
  double time_limit_seconds = 0;      // 0: none
};

struct ProcessEnd {
  int exit_code = 0;       // 127: could not be started; signals: 128 + number
  bool timed_out = false;  // killed at the limit
  double seconds = 0;
  std::string output, errors;
  double limit_seconds = 0;

  bool well() const { return exit_code == 0 && !timed_out; }
  /// "exit code 2", "ended by SEGV", "over the time limit of 10 s".
  std::string describe() const;
};

/// Runs a program to its end. It gets a process group of its own if it has a time limit, so that
/// its children end with it. Throws BadInput if the log cannot be written, std::runtime_error if
/// the system has no processes or pipes left.
ProcessEnd run_process(const ProcessRequest& request);

/// Path of the running program. Throws MissingResource if /proc is not mounted.
std::filesystem::path own_program();

/// Whether a child of this process has ended; it can still be waited for. Another process may keep
/// its outputs open, so their end does not show it.
bool process_has_ended(pid_t child);

}  // namespace kernelgate
