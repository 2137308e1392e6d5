// Runs a program and waits for it: the build tool, or this program with another subcommand.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kernelgate {

/// How it ended. `signal` is 0 unless one ended it; -1 as `code` means that it did not start.
struct ProgramEnd {
  int code = -1;
  int signal = 0;
  double seconds = 0;
};

/// Both its outputs go to `log`, or where the log is empty to this program's stderr. Throws
/// BadInput when the log cannot be written.
ProgramEnd run_program(const std::vector<std::string>& words,
                       const std::filesystem::path& log = {});

/// The file of the running program.
std::filesystem::path own_program();

}  // namespace kernelgate
