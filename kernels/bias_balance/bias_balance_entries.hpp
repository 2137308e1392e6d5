// Instances of bias_balance.
#pragma once

#include "kernels/bias_balance/bias_balance_kernel.hpp"
#include "kernels/bias_balance/bias_balance_launch.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

/// Shared memory type of kernels without shared memory.
struct BiasNoShared {};

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_ENTRIES(bias_balance,
          K_ENTRY(K_NAME(bias_clear_name(32)), (bias_clear_kernel<32>), 32, 256, BiasNoShared),
          K_ENTRY(K_NAME(bias_clear_name(64)), (bias_clear_kernel<64>), 64, 256, BiasNoShared),
          K_ENTRY(K_NAME(bias_count_name(32)), (bias_count_kernel<32>), 32, 256, BiasCountShared),
          K_ENTRY(K_NAME(bias_count_name(64)), (bias_count_kernel<64>), 64, 256, BiasCountShared),
          K_ENTRY(K_NAME(bias_step_name(32)), (bias_step_kernel<32>), 32, 256, BiasNoShared),
          K_ENTRY(K_NAME(bias_step_name(64)), (bias_step_kernel<64>), 64, 256, BiasNoShared))
