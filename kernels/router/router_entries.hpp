// Instances of router: storage type, wave width, maximum width of the state.
#pragma once

#include "kernels/router/router_kernel.hpp"

#define ROUTER_STATE(T, type, W) \
  K_ENTRY(K_NAME(router_state_name(type, W)), (router_state<T, W>), W, 256, RouterNothing)
#define ROUTER_CHOOSE(T, type, W, width)                                                    \
  K_ENTRY(K_NAME(router_choose_name(type, W, width)), (router_choose<T, W, width>), W, 256, \
          RouterShared<width>)
#define ROUTER_ENTRIES(T, type, W) \
  ROUTER_STATE(T, type, W), ROUTER_CHOOSE(T, type, W, 256), ROUTER_CHOOSE(T, type, W, 1024)

K_ENTRIES(router, K_EACH_TYPE_AND_WAVE(ROUTER_ENTRIES))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(router_few, ROUTER_STATE(float, "f32", 32), ROUTER_CHOOSE(float, "f32", 32, 256),
          ROUTER_STATE(float, "f32", 64), ROUTER_CHOOSE(float, "f32", 64, 256))
