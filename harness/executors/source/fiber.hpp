// Fibers: a stack per thread of a block, and the switch between them. The two functions are
// implemented per processor (fiber_x86_64.cpp, fiber_ucontext.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

namespace kernelgate {

/// A suspended fiber: the saved state that resumes it.
using FiberState = void*;

/// Creates a fiber that will call entry(), which must not return, on the stack that ends at `top`.
FiberState make_fiber(std::byte* bottom, std::byte* top, void (*entry)());

/// Suspends the running fiber into `from` and resumes `to`.
void switch_fiber(FiberState& from, FiberState to);

/// The stacks of all threads that run at the same time, in one mapping with equal strides: one
/// subtraction tells private memory from device memory, and one division gives the owner.
class FiberStacks {
 public:
  static constexpr std::size_t stride = 128 * 1024;  // including the guard page below each stack

  /// Throws BadInput if the host cannot map the address space.
  explicit FiberStacks(std::size_t count);
  ~FiberStacks();
  FiberStacks(const FiberStacks&) = delete;
  FiberStacks& operator=(const FiberStacks&) = delete;

  std::size_t count() const { return count_; }
  std::byte* bottom(std::size_t i) const { return memory_ + i * stride + guard; }
  /// Each stack starts at a different offset in its page, to avoid conflicts in cache sets.
  std::byte* top(std::size_t i) const { return memory_ + (i + 1) * stride - i * 320 % 4096; }

  bool holds(const void* address) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(address) - memory_) <
           count_ * stride;
  }
  std::size_t owner(const void* address) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(address) - memory_) / stride;
  }
  bool in_guard(const void* address) const {
    return holds(address) && static_cast<const std::byte*>(address) < bottom(owner(address));
  }

  /// The maximum number of bytes of one stack ever in use, rounded to pages.
  std::size_t high_water() const;

 private:
  static constexpr std::size_t guard = 4096;

  std::byte* memory_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace kernelgate
