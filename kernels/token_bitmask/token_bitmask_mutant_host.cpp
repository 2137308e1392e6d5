// Kernel instances for the seeded bugs of token_bitmask.
#include "kernels/token_bitmask/token_bitmask_entries.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries token_bitmask_few_entries() {
  static const NativeEntry table[] = {TOKEN_BITMASK_ENTRIES(float, "f32", 4)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(token_bitmask_few)
