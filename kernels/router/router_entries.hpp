// Instances of router: storage type, wave width, maximum width of the state.
#pragma once

#include <iterator>

#include "kernels/router/router_kernel.hpp"

namespace kernelgate {
inline namespace KG_BUILD_MODE {

#define ROUTER_ENTRIES(T, type, W)                                                         \
  K_ENTRY("router_state<" type ",w" #W ">", (router_state<T, W>), W, 256, RouterNothing),  \
      K_ENTRY("router_choose<" type ",w" #W ",256>", (router_choose<T, W, 256>), W, 256,   \
              RouterShared<256>),                                                          \
      K_ENTRY("router_choose<" type ",w" #W ",1024>", (router_choose<T, W, 1024>), W, 256, \
              RouterShared<1024>)

inline NativeEntries router_entries() {
  static const NativeEntry table[] = {
      ROUTER_ENTRIES(float, "f32", 32), ROUTER_ENTRIES(float, "f32", 64),
      ROUTER_ENTRIES(Bf16, "bf16", 32), ROUTER_ENTRIES(Bf16, "bf16", 64),
      ROUTER_ENTRIES(F16, "f16", 32),   ROUTER_ENTRIES(F16, "f16", 64)};
  return {table, static_cast<std::int64_t>(std::size(table))};
}

}  // namespace KG_BUILD_MODE
}  // namespace kernelgate
