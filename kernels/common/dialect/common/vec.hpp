// Vec: N values that one instruction moves. Each target defines its own k_load and k_store.
#pragma once

#include "kernels/common/dialect/common/types.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// N values, 2, 4, 8 or 16 bytes in total, aligned to their total size.
template <class T, int N>
struct alignas(N * sizeof(T)) Vec {
  static_assert(N * sizeof(T) == 2 || N * sizeof(T) == 4 || N * sizeof(T) == 8 ||
                    N * sizeof(T) == 16,
                "one access moves 2, 4, 8 or 16 bytes");
  T v[N];

  KDEV T& operator[](int i) { return v[i]; }
  KDEV const T& operator[](int i) const { return v[i]; }
};

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
