#include "harness/executors/source/fiber.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <vector>

#include "harness/core/error.hpp"

namespace kernelgate {

FiberStacks::FiberStacks(std::size_t count) : count_(count) {
  void* memory = mmap(nullptr, count * stride, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw MissingResource(fmt::format("virtual device: no address space for {} stacks", count));
  }
  memory_ = static_cast<std::byte*>(memory);
  for (std::size_t i = 0; i < count; ++i) {
    if (mprotect(memory_ + i * stride, guard, PROT_NONE) != 0) {
      munmap(memory_, count * stride);
      throw MissingResource(
          fmt::format("virtual device: no guard page for stack {} of {}", i, count));
    }
  }
}

FiberStacks::~FiberStacks() { munmap(memory_, count_ * stride); }

std::size_t FiberStacks::high_water() const {
  constexpr std::size_t page = 4096;
  constexpr std::size_t pages = (stride - guard) / page;
  std::vector<unsigned char> resident(pages);
  std::size_t most = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (mincore(bottom(i), stride - guard, resident.data()) != 0) continue;
    const auto first = std::find_if(resident.begin(), resident.end(),
                                    [](unsigned char state) { return (state & 1U) != 0; });
    most = std::max(most, static_cast<std::size_t>(resident.end() - first) * page);
  }
  return most;
}

}  // namespace kernelgate
