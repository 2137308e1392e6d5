// Memory that large arrays are read from: at a page's start, and in huge pages where it fills some,
// so that a stream through it misses the TLB seldom and hardware fetching is not stopped every 4
// KiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace kernelgate {

struct FreeLargeMemory {
  void operator()(std::byte* memory) const;
};
using LargeMemory = std::unique_ptr<std::byte[], FreeLargeMemory>;

/// `bytes` of uninitialised memory from a multiple of 4096 on; null where there is none.
LargeMemory large_memory(std::int64_t bytes);

}  // namespace kernelgate
