// Kernel instances used to test seeded bugs in bias_balance.
#include "kernels/bias_balance/bias_balance_entries.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries bias_balance_few_entries() {
  static const NativeEntry table[] = {
      K_ENTRY("bias_clear<w32>", (bias_clear_kernel<32>), 32, 256, BiasNoShared),
      K_ENTRY("bias_clear<w64>", (bias_clear_kernel<64>), 64, 256, BiasNoShared),
      K_ENTRY("bias_count<w32>", (bias_count_kernel<32>), 32, 256, BiasCountShared),
      K_ENTRY("bias_count<w64>", (bias_count_kernel<64>), 64, 256, BiasCountShared),
      K_ENTRY("bias_step<w32>", (bias_step_kernel<32>), 32, 256, BiasNoShared),
      K_ENTRY("bias_step<w64>", (bias_step_kernel<64>), 64, 256, BiasNoShared)};
  return {table, sizeof(table) / sizeof(table[0])};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(bias_balance_few)
