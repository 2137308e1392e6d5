// Instances of bias_balance.
#pragma once

#include <iterator>

#include "kernels/bias_balance/bias_balance_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Shared memory type of kernels without shared memory.
struct BiasNoShared {};

inline NativeEntries bias_balance_entries() {
  static const NativeEntry entries[] = {
      K_ENTRY("bias_clear<w32>", (bias_clear_kernel<32>), 32, 256, BiasNoShared),
      K_ENTRY("bias_clear<w64>", (bias_clear_kernel<64>), 64, 256, BiasNoShared),
      K_ENTRY("bias_count<w32>", (bias_count_kernel<32>), 32, 256, BiasCountShared),
      K_ENTRY("bias_count<w64>", (bias_count_kernel<64>), 64, 256, BiasCountShared),
      K_ENTRY("bias_step<w32>", (bias_step_kernel<32>), 32, 256, BiasNoShared),
      K_ENTRY("bias_step<w64>", (bias_step_kernel<64>), 64, 256, BiasNoShared)};
  return {entries, static_cast<std::int64_t>(std::size(entries))};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
