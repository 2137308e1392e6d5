#include "harness/core/large_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

#include "harness/core/free_memory.hpp"
#include "harness/core/pieces.hpp"

namespace kernelgate {

void FreeLargeMemory::operator()(std::byte* memory) const { std::free(memory); }

LargeMemory large_memory(std::int64_t bytes) {
  constexpr std::int64_t page = 4096, huge_page = std::int64_t{2} << 20;
  // Linux overcommits: an allocation may succeed, and the process is killed when it writes to the
  // pages.
  if (bytes >= 2 * huge_page && bytes > free_memory().bytes) return nullptr;
  // From four huge pages on, the unused part of the last one is small.
  const std::int64_t alignment = bytes >= 4 * huge_page ? huge_page : page;
  const auto size =
      static_cast<std::size_t>(rounded_up(std::max<std::int64_t>(bytes, 1), alignment));
  void* memory = std::aligned_alloc(static_cast<std::size_t>(alignment), size);
  if (memory == nullptr) return nullptr;
  // Only advice: a system without huge pages ignores it.
  if (alignment == huge_page) madvise(memory, size, MADV_HUGEPAGE);
  return LargeMemory(static_cast<std::byte*>(memory));
}

}  // namespace kernelgate
