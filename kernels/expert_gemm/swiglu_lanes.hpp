// silu(gate) * up on registers, for the host variants.
#pragma once

#include <type_traits>

#include "kernels/common/cpu/lane_blocks.hpp"

namespace kernelgate {

/// silu(gate) * up rounded to the storage type T; f32 is unchanged.
template <class T>
Lanes swiglu_lanes(Lanes gate, Lanes up) {
  const Lanes product = gate / (1.0F + exp_lanes(-gate)) * up;
  if constexpr (std::is_same_v<T, float>) {
    return product;
  } else {
    T rounded[lane_count];
    store_lanes(rounded, product);
    return load_lanes(rounded);
  }
}

}  // namespace kernelgate
