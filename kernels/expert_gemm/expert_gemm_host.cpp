#include "kernels/expert_gemm/expert_gemm_entries.hpp"

K_HOST_ENTRIES(expert_gemm)
