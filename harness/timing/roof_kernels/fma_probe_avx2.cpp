#include "harness/timing/roof_kernels/fma_probe.hpp"

#if defined(__x86_64__)
namespace kernelgate {

// 16 registers of 8 lanes.
float fma_probe_avx2(std::int64_t steps, std::int64_t& flops) {
  return fma_rounds<8, 12>(steps, flops);
}

}  // namespace kernelgate
#endif
