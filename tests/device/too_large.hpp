// A kernel that declares support for every AMD device and needs 66,032 bytes of shared memory, as a
// published top-K kernel did at waves of 32 lanes. It must not compile. With TOO_LARGE_BYTES=65536
// it must.
#pragma once

#include <dialect.hpp>

#ifndef TOO_LARGE_BYTES
#define TOO_LARGE_BYTES 66032
#endif

namespace kernelgate {
inline namespace KG_BUILD_MODE {

struct TooLargeShared {
  unsigned char byte[TOO_LARGE_BYTES];
};
K_FITS(TooLargeShared, k_lds_amd);

template <int W>
KGLOBAL KBOUNDS(1024) void too_large(u32* out) {
  K_SHARED(TooLargeShared, s);
  s.byte[k_tid()] = static_cast<unsigned char>(k_tid());
  k_sync();
  out[k_tid()] = s.byte[(k_tid() + 1) % k_threads()];
}

inline NativeEntries too_large_entries() {
  static const NativeEntry entries[] = {
      K_ENTRY("too_large<w32>", (too_large<32>), 32, 1024, TooLargeShared)};
  return {entries, 1};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
