// What the host's dialect calls while a kernel runs on executor S. Kernel units include it, so that
// it holds declarations alone: nothing here may exist a second time in a sanitized unit.
#pragma once

#include <cstdint>

namespace kernelgate::source_api {

/// The line of a synchronising call. Return addresses would not do: the optimiser copies calls.
struct Site {
  const char* file;
  std::uint32_t line;
};

/// As a default argument, `Site site = here()` is the line of the caller's call.
constexpr Site here(const char* file = __builtin_FILE(), std::uint32_t line = __builtin_LINE()) {
  return Site{file, line};
}

// A fiber never changes its identity, so that the compiler may keep what these return.
[[gnu::const]] std::uint32_t thread();
[[gnu::const]] std::uint32_t threads();
[[gnu::const]] std::uint32_t block(int axis);
[[gnu::const]] std::uint32_t blocks(int axis);

/// The block's shared memory, as the kernel's struct of that name and size.
void* shared(std::int64_t bytes, const char* type);

void sync_block(Site site);

enum class WaveOp : std::uint8_t {
  sync,
  ballot,
  shuffle,
  shuffle_xor,
  shuffle_up,
  shuffle_down,
  together
};

/// Returns when every lane of the mask has arrived at the same site with the same mask; mask 0 is
/// all lanes that the block has. A shuffle gives the value of the lane that `operand` says, a
/// ballot the lanes whose value is not 0.
std::uint64_t wave(WaveOp op, std::uint64_t mask, std::uint64_t value, std::uint32_t operand,
                   std::uint32_t width, Site site);

/// Every lane of a full wave brings a pointer; the last to arrive calls compute(pointers by lane).
void wave_together(void* mine, void (*compute)(void* const* lanes), std::uint32_t width, Site site);

enum class AtomicOp : std::uint8_t {
  load,
  store,
  add,
  add_float,
  max,
  min,
  bit_or,
  bit_and,
  bit_xor,
  exchange,
  compare_exchange,
};
enum class AtomicScope : std::uint8_t { block, device };

/// The value before. `expected` is of compare_exchange, which stores `operand` where it was met.
std::uint32_t atomic(std::uint32_t* to, AtomicOp op, std::uint32_t operand, std::uint32_t expected,
                     AtomicScope scope);
std::uint64_t atomic(std::uint64_t* to, AtomicOp op, std::uint64_t operand, std::uint64_t expected,
                     AtomicScope scope);

void fence();

/// A vector access at an address that is no multiple of its size. Does not return.
[[noreturn]] void misaligned(const void* address, std::uint32_t bytes);

}  // namespace kernelgate::source_api
