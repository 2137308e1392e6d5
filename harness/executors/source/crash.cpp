#include "harness/executors/source/crash.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "harness/executors/source/registers.hpp"
#include "harness/executors/source/runtime.hpp"

namespace kernelgate {

namespace {

constexpr std::size_t stack_bytes = 256 * 1024;  // the finding's text is composed on it

void handle(int signal, siginfo_t* info, void* context) {
  Runtime* runtime = running();
  const Registers at = registers(context);
  if (!runtime || !runtime->stacks()->holds(at.stack)) {
    // Not in a kernel: restore the default action and execute the instruction again.
    struct sigaction usual = {};
    usual.sa_handler = SIG_DFL;
    sigaction(signal, &usual, nullptr);
    return;
  }
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  switch (signal) {
    case SIGFPE:
      runtime->crash(address, "integer division by zero, or its result does not fit",
                     FindingKind::ub, at.code);
    case SIGILL:
      runtime->crash(address, "an instruction that ends the program", FindingKind::ub, at.code);
    default:
      runtime->crash(address, "no memory of the device", FindingKind::bounds, at.code);
  }
}

}  // namespace

CrashGuard::CrashGuard() {
  thread_local std::unique_ptr<std::byte[]> memory = std::make_unique<std::byte[]>(stack_bytes);
  stack_t stack = {};
  stack.ss_sp = memory.get();
  stack.ss_size = stack_bytes;
  sigaltstack(&stack, &stack_before_);
  struct sigaction action = {};
  action.sa_sigaction = &handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < 4; ++i) sigaction(signals[i], &action, &before_[i]);
}

CrashGuard::~CrashGuard() {
  for (std::size_t i = 0; i < 4; ++i) sigaction(signals[i], &before_[i], nullptr);
  sigaltstack(&stack_before_, nullptr);
}

}  // namespace kernelgate
