#include "harness/executors/source/watchdog.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "harness/core/error.hpp"
#include "harness/executors/source/registers.hpp"
#include "harness/executors/source/runtime.hpp"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace kernelgate {

namespace {

constexpr int looks = 8;  // polls of the step count within the limit

timespec time_of(double seconds) {
  const auto whole = static_cast<std::time_t>(seconds);
  return {whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
}

}  // namespace

void Watchdog::on_timer(int, siginfo_t* info, void* context) {
  if (info->si_code != SI_TIMER) return;  // sent by a process
  const int error = errno;
  static_cast<Watchdog*>(info->si_value.sival_ptr)->look(context);
  errno = error;
}

// Ending a launch inside a step leaks nothing: no step lasts as long as the limit, and everything
// else on a fiber's stack belongs to the kernel.
void Watchdog::look(const void* context) {
  Runtime* runtime = running();
  const Registers at = registers(context);
  const std::uint64_t steps = runtime == nullptr ? 0 : runtime->steps();
  if (runtime == nullptr || runtime->stacks() == nullptr || !runtime->stacks()->holds(at.stack) ||
      steps != steps_) {
    steps_ = steps;
    unchanged_ = 0;
  } else if (++unchanged_ >= looks) {
    runtime->fall_silent(at.code);
  }
}

Watchdog::Watchdog(double seconds) {
  if (seconds <= 0) return;
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGVTALRM;
  event.sigev_value.sival_ptr = this;
  event.sigev_notify_thread_id = gettid();
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer_) != 0) {
    throw MissingResource(fmt::format(
        "virtual device: no timer for the watchdog ({}); --silent-limit 0 runs without one",
        std::strerror(errno)));
  }
  struct sigaction action = {};
  action.sa_sigaction = &on_timer;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGVTALRM, &action, &before_);
  const timespec each = time_of(seconds / looks);
  const itimerspec times{each, each};
  timer_settime(timer_, 0, &times, nullptr);
  watching_ = true;
}

Watchdog::~Watchdog() {
  if (!watching_) return;
  timer_delete(timer_);
  sigaction(SIGVTALRM, &before_, nullptr);
}

}  // namespace kernelgate
