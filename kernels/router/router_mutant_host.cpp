// Kernel instances used to test seeded bugs in router.
#include "kernels/router/router_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

inline NativeEntries router_entries() {
  static const NativeEntry table[] = {
      K_ENTRY("router_state<f32,w32>", (router_state<float, 32>), 32, 256, RouterNothing),
      K_ENTRY("router_choose<f32,w32,256>", (router_choose<float, 32, 256>), 32, 256,
              RouterShared<256>),
      K_ENTRY("router_state<f32,w64>", (router_state<float, 64>), 64, 256, RouterNothing),
      K_ENTRY("router_choose<f32,w64,256>", (router_choose<float, 64, 256>), 64, 256,
              RouterShared<256>)};
  return {table, 4};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate

K_HOST_ENTRIES(router)
