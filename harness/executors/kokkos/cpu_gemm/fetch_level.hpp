// Which cache is fetched to ahead of reading: the first level where it has room for what is read
// side by side, the second where it would throw that out.
#pragma once

#include <unistd.h>

#include <cstdint>

namespace kernelgate {
inline namespace lanes_of_this_architecture {

enum class FetchTo { l1, l2 };

/// Eight rows a multiple of 4 KiB apart share every set of L1, and so do blocks of keys and values:
/// eight ways (AMD's Zen, 32 KiB) do not hold them and the activations, twelve (Intel since Ice
/// Lake, 48 KiB) do. What the system does not tell counts as few.
inline FetchTo fetch_level() {
  static const FetchTo to = sysconf(_SC_LEVEL1_DCACHE_ASSOC) > 8 ? FetchTo::l1 : FetchTo::l2;
  return to;
}

/// The line that holds `at`; nothing need be there.
template <FetchTo To>
[[gnu::always_inline]] inline void fetch_line(const void* at) {
  __builtin_prefetch(at, 0, To == FetchTo::l1 ? 3 : 2);
}

/// The line `way` bytes from `from`: past an array, where no pointer may be, or in another one.
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
