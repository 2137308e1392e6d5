#include "kernels/expert_gemm_w4/expert_gemm_w4_entries.hpp"

namespace kernelgate {
NativeEntries expert_gemm_w4_cuda_entries() { return expert_gemm_w4_entries(); }
}  // namespace kernelgate
