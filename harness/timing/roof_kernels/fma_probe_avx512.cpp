#include "harness/timing/roof_kernels/fma_probe.hpp"

#if defined(__x86_64__)
namespace kernelgate {

// 32 registers of 16 lanes.
float fma_probe_avx512(std::int64_t steps, std::int64_t& flops) {
  return fma_rounds<16, 12>(steps, flops);
}

}  // namespace kernelgate
#endif
