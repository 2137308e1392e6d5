// Kernel instances for the seeded bugs of linear.
#include "kernels/linear/linear_entries.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries linear_few_entries() {
  static const NativeEntry table[] = {LINEAR_ENTRIES(float, "f32", 32),
                                      LINEAR_ENTRIES(float, "f32", 64)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(linear_few)
