#include "kernels/expert_gemm_w4/expert_gemm_w4_entries.hpp"

K_HOST_ENTRIES(expert_gemm_w4)
