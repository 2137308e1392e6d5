// Functions that the host dialect calls while a kernel runs on the source executor. Kernel units
// include this header, so it only contains declarations: a definition would exist a second time in
// a sanitized unit.
#pragma once

#include <cstdint>

namespace kernelgate::source_api {

/// The source line of a synchronising call. Return addresses are unsuitable because the optimiser
/// duplicates calls.
struct Site {
  const char* file;
  std::uint32_t line;
};

/// As a default argument, `Site site = here()` is the source line of the caller.
constexpr Site here(const char* file = __builtin_FILE(), std::uint32_t line = __builtin_LINE()) {
  return Site{file, line};
}

// A fiber never changes its identity, so the compiler may cache these results.
[[gnu::const]] std::uint32_t thread();
[[gnu::const]] std::uint32_t threads();
[[gnu::const]] std::uint32_t block(int axis);
[[gnu::const]] std::uint32_t blocks(int axis);

/// The block's shared memory. `bytes` and `type` are the size and name of the kernel's struct.
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

/// Returns when every lane of the mask has arrived at the same site with the same mask; mask 0
/// means all lanes of the block's wave. A shuffle returns the value of the lane selected by
/// `operand`, a ballot the lanes whose value is nonzero.
std::uint64_t wave(WaveOp op, std::uint64_t mask, std::uint64_t value, std::uint32_t operand,
                   std::uint32_t width, Site site);

/// Every lane of a full wave passes a pointer; the last to arrive calls compute(pointers by lane).
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

/// Returns the previous value. `expected` is used by compare_exchange, which stores `operand` on a
/// match.
std::uint32_t atomic(std::uint32_t* to, AtomicOp op, std::uint32_t operand, std::uint32_t expected,
                     AtomicScope scope);
std::uint64_t atomic(std::uint64_t* to, AtomicOp op, std::uint64_t operand, std::uint64_t expected,
                     AtomicScope scope);

void fence();

/// Reports a vector access at an address that is not a multiple of its size. Does not return.
[[noreturn]] void misaligned(const void* address, std::uint32_t bytes);

}  // namespace kernelgate::source_api
