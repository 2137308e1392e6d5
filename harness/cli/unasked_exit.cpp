#include "harness/cli/unasked_exit.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "harness/core/error.hpp"
#include "harness/run/session.hpp"

namespace kernelgate {
namespace {

// Handlers of exit() take no argument.
std::atomic<const Session*> running = nullptr;
pid_t process = 0;

void end_unasked() {
  const Session* session = running.exchange(nullptr);
  if (session == nullptr || getpid() != process) return;
  std::string plugins;
  for (const std::string& file : session->plugin_files()) plugins += " '" + file + "'";
  std::fflush(stdout);
  fmt::print(stderr,
             "kernelgate: code from outside ended this process by exit(), and the run did not "
             "finish; loaded plugins:{}\n",
             plugins.empty() ? " none" : plugins);
  std::fflush(nullptr);
  _exit(static_cast<int>(ExitCode::incorrect));
}

}  // namespace

void refuse_unasked_exit(const Session& session) {
  process = getpid();
  running = &session;
  std::atexit(end_unasked);
  std::at_quick_exit(end_unasked);
}

void allow_exit() { running = nullptr; }

}  // namespace kernelgate
