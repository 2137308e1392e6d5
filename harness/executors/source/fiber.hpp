// Fibers: a stack for each thread of a block, and the switch between them. Two functions; which
// file holds them depends on the processor (fiber_x86_64.cpp, fiber_ucontext.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

namespace kernelgate {

/// A suspended fiber: what its processor needs to go on.
using FiberState = void*;

/// A fiber that will call entry(), which must not return, on the stack that ends at `top`.
FiberState make_fiber(std::byte* bottom, std::byte* top, void (*entry)());

/// Suspends what runs into `from` and goes on with `to`.
void switch_fiber(FiberState& from, FiberState to);

/// The stacks of all threads that run at the same time, in one mapping with equal strides, so that
/// one subtraction tells private memory from device memory and a division tells whose it is.
class FiberStacks {
 public:
  static constexpr std::size_t stride = 128 * 1024;  // with the guard page below each stack

  /// Throws BadInput when this machine gives no address space.
  explicit FiberStacks(std::size_t count);
  ~FiberStacks();
  FiberStacks(const FiberStacks&) = delete;
  FiberStacks& operator=(const FiberStacks&) = delete;

  std::size_t count() const { return count_; }
  std::byte* bottom(std::size_t i) const { return memory_ + i * stride + guard; }
  /// Each stack starts at another place in its page, so that they do not meet in the caches.
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

  /// The most bytes of one stack that were ever in use, to the page.
  std::size_t high_water() const;

 private:
  static constexpr std::size_t guard = 4096;

  std::byte* memory_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace kernelgate
