// Kernel instances used to test seeded bugs in conv_mixing.
#include "kernels/conv_mixing/conv_mixing_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries conv_mixing_entries() {
  static const NativeEntry table[] = {
      K_ENTRY("conv_mixing_tile<f32,64,w32>", (conv_mixing_tile<float, 64, 32>), 32, 128,
              ConvTile<64>::Shared),
      K_ENTRY("conv_mixing_tile<f32,64,w64>", (conv_mixing_tile<float, 64, 64>), 64, 128,
              ConvTile<64>::Shared),
      K_ENTRY("conv_mixing_few<f32,128,w32>", (conv_mixing_few<float, 128, 32>), 32, 256,
              ConvFew<128>::Shared),
      K_ENTRY("conv_mixing_few<f32,128,w64>", (conv_mixing_few<float, 128, 64>), 64, 256,
              ConvFew<128>::Shared)};
  return {table, 4};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(conv_mixing)
