// Sorting of entries in shared memory by a block of any number of threads, in place.
#pragma once

#include <dialect.hpp>

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Sorts `count` entries, a power of two, in rising order by bitonic merging. If waves are whole,
/// pairs at most W apart stay inside the 2 W entries of one wave, where a wave barrier is enough.
/// Begins and ends with a block barrier.
template <int W>
KDEV void sort_entries(u64* entry, u32 count) {
  const u32 threads = k_threads();
  const u32 wave_reach = threads % W == 0 ? W : 0;
  k_sync();
  for (u32 run = 2; run <= count; run <<= 1) {
    for (u32 distance = run / 2; distance > 0; distance >>= 1) {
      for (u32 pair = k_tid(); pair < count / 2; pair += threads) {
        const u32 low = 2 * pair - (pair & (distance - 1));
        const u32 high = low + distance;
        const bool falling = (low & run) != 0;
        const u64 a = entry[low], b = entry[high];
        if ((b < a) != falling) {
          entry[low] = b;
          entry[high] = a;
        }
      }
      const u32 next = distance > 1 ? distance / 2 : run;
      if (distance <= wave_reach && next <= wave_reach) {
        k_syncwave<W>();
      } else {
        k_sync();
      }
    }
  }
  k_sync();
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
