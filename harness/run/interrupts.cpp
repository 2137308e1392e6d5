#include "harness/run/interrupts.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

namespace kernelgate {
namespace {

constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};

// Only async-signal-safe calls.
extern "C" void say_and_end(int signal) {
  const char* text =
      "\nkernelgate: interrupted; finished rows are in the records file, what runs now is not "
      "(check --resume and validate --vendor go on from there)\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
  std::signal(signal, SIG_DFL);
  raise(signal);
}

}  // namespace

void say_when_interrupted() {
  for (const int signal : signals) {
    // Signals that the parent set to be ignored (nohup) stay ignored.
    if (std::signal(signal, say_and_end) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

void leave_interrupts_alone() {
  for (const int signal : signals) {
    if (std::signal(signal, SIG_DFL) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

}  // namespace kernelgate
