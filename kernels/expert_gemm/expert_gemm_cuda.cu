#include "kernels/expert_gemm/expert_gemm_entries.hpp"

namespace kernelgate {
NativeEntries expert_gemm_cuda_entries() { return expert_gemm_entries(); }
}  // namespace kernelgate
