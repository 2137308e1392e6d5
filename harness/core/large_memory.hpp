// Allocates memory for large arrays: page-aligned, and in huge pages if the array fills some.
// Streaming reads then miss the TLB rarely, and hardware prefetching does not stop every 4 KiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace kernelgate {

struct FreeLargeMemory {
  void operator()(std::byte* memory) const;
};
using LargeMemory = std::unique_ptr<std::byte[], FreeLargeMemory>;

/// `bytes` of uninitialised memory, aligned to 4096 bytes; null if unavailable.
LargeMemory large_memory(std::int64_t bytes);

}  // namespace kernelgate
