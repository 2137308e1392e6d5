// Kernel instances for the seeded bugs of linear on matrix instructions.
#include "kernels/linear/linear_matrix_entries.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries linear_matrix_few_entries() {
  static const NativeEntry table[] = {LINEAR_MATRIX_ENTRY(Bf16, "bf16", 32, 64),
                                      LINEAR_MATRIX_ENTRY(Bf16, "bf16", 64, 64)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(linear_matrix_few)
