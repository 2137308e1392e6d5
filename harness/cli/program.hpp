// Runs another program and waits for it: the build tool, or this program with another subcommand.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kernelgate {

/// How a program ended. `signal` is 0 unless a signal ended it; `code` is -1 if it did not start.
struct ProgramEnd {
  int code = -1;
  int signal = 0;
  double seconds = 0;
};

/// Runs a program with stdout and stderr redirected to the file `log`, or to this program's stderr
/// if `log` is empty. Throws BadInput if the log cannot be written.
ProgramEnd run_program(const std::vector<std::string>& words,
                       const std::filesystem::path& log = {});

/// Path of the running program.
std::filesystem::path own_program();

}  // namespace kernelgate
