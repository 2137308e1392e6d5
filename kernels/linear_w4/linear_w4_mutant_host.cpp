// Kernel instances for the seeded bugs of linear_w4.
#include "kernels/linear_w4/linear_w4_entries.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries linear_w4_few_entries() {
  static const NativeEntry table[] = {LINEAR_W4_ENTRIES(float, "f32", 32),
                                      LINEAR_W4_ENTRIES(float, "f32", 64)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(linear_w4_few)
