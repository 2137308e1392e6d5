// Selects the cache level for prefetching: L1 if it can hold all streams that are read together, L2
// if prefetches into L1 would evict them.
#pragma once

#include <unistd.h>

#include <cstdint>

namespace kernelgate {
inline namespace lanes_of_this_architecture {

enum class FetchTo { l1, l2 };

/// Eight rows a multiple of 4 KiB apart map to the same L1 sets, and so do blocks of keys and
/// values. Eight ways (AMD Zen, 32 KiB) cannot hold them and the activations; twelve (Intel since
/// Ice Lake, 48 KiB) can. An unknown associativity counts as small.
inline FetchTo fetch_level() {
  static const FetchTo to = sysconf(_SC_LEVEL1_DCACHE_ASSOC) > 8 ? FetchTo::l1 : FetchTo::l2;
  return to;
}

/// Prefetches the cache line of `at`, which need not be a valid address.
template <FetchTo To>
[[gnu::always_inline]] inline void fetch_line(const void* at) {
  __builtin_prefetch(at, 0, To == FetchTo::l1 ? 3 : 2);
}

/// Prefetches the line `way` bytes after `from`, which may be outside its array, where forming a
/// pointer is undefined.
template <FetchTo To>
[[gnu::always_inline]] inline void fetch_line(const void* from, std::uintptr_t way) {
  const std::uintptr_t at = reinterpret_cast<std::uintptr_t>(from) + way;
  fetch_line<To>(reinterpret_cast<const char*>(at));  // NOLINT(performance-no-int-to-ptr)
}

[[gnu::always_inline]] inline void fetch_line(FetchTo to, const void* from, std::uintptr_t way) {
  if (to == FetchTo::l1) {
    fetch_line<FetchTo::l1>(from, way);
  } else {
    fetch_line<FetchTo::l2>(from, way);
  }
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
