// The fiber switch for processors without their own: POSIX contexts, one system call per switch.
#include <ucontext.h>

#include <new>

#include "harness/core/error.hpp"
#include "harness/executors/source/fiber.hpp"

namespace kernelgate {

FiberState make_fiber(std::byte* bottom, std::byte* top, void (*entry)()) {
  constexpr std::size_t room = (sizeof(ucontext_t) + 63) / 64 * 64;
  const auto address = (reinterpret_cast<std::uintptr_t>(top) - room) & ~std::uintptr_t{63};
  auto* context = new (reinterpret_cast<void*>(address)) ucontext_t;
  if (getcontext(context) != 0) throw MissingResource("virtual device: getcontext failed");
  context->uc_stack.ss_sp = bottom;
  context->uc_stack.ss_size = address - reinterpret_cast<std::uintptr_t>(bottom);
  context->uc_link = nullptr;
  makecontext(context, entry, 0);
  return context;
}

void switch_fiber(FiberState& from, FiberState to) {
  ucontext_t here;
  from = &here;
  swapcontext(&here, static_cast<ucontext_t*>(to));
}

}  // namespace kernelgate
