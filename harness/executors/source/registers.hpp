// The code and stack addresses at which a signal interrupted the program.
#pragma once

#include <ucontext.h>

#include <bit>

namespace kernelgate {

struct Registers {
  const void* code;
  const void* stack;
};

inline Registers registers(const void* context) {
#if defined(__x86_64__)
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  return {std::bit_cast<const void*>(machine.gregs[REG_RIP]),
          std::bit_cast<const void*>(machine.gregs[REG_RSP])};
#elif defined(__aarch64__)
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  return {std::bit_cast<const void*>(machine.pc), std::bit_cast<const void*>(machine.sp)};
#else
  (void)context;
  return {nullptr, nullptr};
#endif
}

}  // namespace kernelgate
