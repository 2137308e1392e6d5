#include "harness/executors/source/kernel_api.hpp"

#include "harness/executors/source/places.hpp"
#include "harness/executors/source/runtime.hpp"

namespace kernelgate::source_api {

namespace {

kernelgate::Scope scope_of(AtomicScope scope) {
  return scope == AtomicScope::block ? kernelgate::Scope::block : kernelgate::Scope::device;
}

}  // namespace

std::uint32_t thread() { return running()->current().thread; }
std::uint32_t threads() { return running()->shape().threads; }
std::uint32_t block(int axis) { return running()->current().block->at[axis]; }
std::uint32_t blocks(int axis) { return running()->shape().grid[axis]; }

void* shared(std::int64_t bytes, const char* type) { return running()->shared(bytes, type); }

void sync_block(Site site) { running()->sync_block(site); }

std::uint64_t wave(WaveOp op, std::uint64_t mask, std::uint64_t value, std::uint32_t operand,
                   std::uint32_t width, Site site) {
  return running()->wave_operation(op, mask, value, operand, width, site);
}

void wave_together(void* mine, void (*compute)(void* const* lanes), std::uint32_t width,
                   Site site) {
  running()->wave_together(mine, compute, width, site);
}

[[gnu::noinline]] std::uint32_t atomic(std::uint32_t* to, AtomicOp op, std::uint32_t operand,
                                       std::uint32_t expected, AtomicScope scope) {
  return running()->atomic(to, op, operand, expected, scope_of(scope),
                           place_of(__builtin_return_address(0)));
}

[[gnu::noinline]] std::uint64_t atomic(std::uint64_t* to, AtomicOp op, std::uint64_t operand,
                                       std::uint64_t expected, AtomicScope scope) {
  return running()->atomic(to, op, operand, expected, scope_of(scope),
                           place_of(__builtin_return_address(0)));
}

void fence() { running()->fence(); }

[[gnu::noinline]] void misaligned(const void* address, std::uint32_t bytes) {
  running()->misaligned(reinterpret_cast<std::uintptr_t>(address), bytes,
                        place_of(__builtin_return_address(0)));
  __builtin_unreachable();
}

}  // namespace kernelgate::source_api
