#include "harness/cli/program_part.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "harness/core/error.hpp"

extern char** environ;

namespace kernelgate {

int run_program_part(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "kernelgate");
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  std::fflush(stdout);
  pid_t child = 0;
  const int failed =
      posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, pointers.data(), environ);
  if (failed != 0) {
    throw BadInput(fmt::format("cannot start this program again: {}",
                               std::generic_category().message(failed)));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 128;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace kernelgate
