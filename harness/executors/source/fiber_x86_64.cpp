// The fiber switch for x86-64 according to the System V ABI: rbx, rbp and r12 to r15 are
// callee-saved, everything else is free at a call. Kernels do not change the rounding mode, so the
// control words need no saving.
#include <bit>
#include <cstdint>

#include "harness/executors/source/fiber.hpp"

namespace kernelgate {

asm(R"(
  .text
  .p2align 4
  .type kernelgate_switch_fiber, @function
kernelgate_switch_fiber:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size kernelgate_switch_fiber, . - kernelgate_switch_fiber
)");

extern "C" void kernelgate_switch_fiber(FiberState* from, FiberState to);

FiberState make_fiber(std::byte*, std::byte* top, void (*entry)()) {
  // From the top: a terminator for unwinders, entry() as the return address, six registers. At
  // entry the stack pointer is 8 below a multiple of 16, as after a call.
  struct Frame {
    void* registers[6];
    void (*entry)();
    void* end;
  };
  static_assert(sizeof(Frame) == 64);
  const auto address = reinterpret_cast<std::uintptr_t>(top) & ~std::uintptr_t{15};
  auto* frame = std::bit_cast<Frame*>(address - sizeof(Frame));
  *frame = Frame{{}, entry, nullptr};
  return frame;
}

void switch_fiber(FiberState& from, FiberState to) { kernelgate_switch_fiber(&from, to); }

}  // namespace kernelgate
