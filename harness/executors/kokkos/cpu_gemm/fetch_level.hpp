// Which cache is fetched to ahead of reading: the first level where it has room for what is read
// side by side, the second where it would throw that out.
#pragma once

#include <unistd.h>

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

[[gnu::always_inline]] inline void fetch_line(FetchTo to, const void* at) {
  if (to == FetchTo::l1) {
    fetch_line<FetchTo::l1>(at);
  } else {
    fetch_line<FetchTo::l2>(at);
  }
}

}  // namespace lanes_of_this_architecture
}  // namespace kernelgate
