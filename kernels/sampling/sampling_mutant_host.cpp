// Kernel instances for the seeded bugs of sampling.
#include "kernels/sampling/sampling_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries sampling_entries() {
  static const NativeEntry table[] = {
      K_ENTRY("sampling<f32,w32,64k>",
              (sampling_kernel<float, 32, sampling_64k.lds_bytes, sampling_64k.mass_bits>), 32,
              1024, SamplingShared<sampling_64k>),
      K_ENTRY("sampling<f32,w64,64k>",
              (sampling_kernel<float, 64, sampling_64k.lds_bytes, sampling_64k.mass_bits>), 64,
              1024, SamplingShared<sampling_64k>)};
  return {table, 2};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(sampling)
