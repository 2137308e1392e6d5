// Kernels of the native expert_gemm_w4. Its sizes are those of expert_gemm.
#pragma once

#include "kernels/expert_gemm/expert_gemm_launch.hpp"

namespace kernelgate {

inline constexpr ExpertKernels expert_w4_kernels{.count = "expert_w4_count",
                                                 .scan = "expert_w4_scan",
                                                 .place = "expert_w4_place",
                                                 .gate_up = "expert_w4_gate_up",
                                                 .down = "expert_w4_down"};

}  // namespace kernelgate
