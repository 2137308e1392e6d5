// Rotary embedding of conv_mixing, portable: the table of cosines and sines shared by all heads.
#pragma once

#include <cstdint>

#include "kernels/common/kokkos/pack_math.hpp"

namespace kernelgate {
inline namespace KG_PACK_NAMESPACE {

/// Computes the cosines and sines of all tokens once for all heads.
template <class Shape>
struct Rotations {
  const std::int32_t* position;
  const float* frequency;
  float* to;  // [tokens, 2, half]
  int half, token_items;

  KOKKOS_FUNCTION void operator()(std::int64_t item) const {
    const std::int64_t token = item / token_items;
    const auto begin = static_cast<int>(item % token_items) * Shape::lanes;
    if (begin + Shape::lanes <= half) return rotate<Shape::lanes>(token, begin);
    for (int x = begin; x < half; ++x) rotate<1>(token, x);
  }
  template <int W>
  KOKKOS_FORCEINLINE_FUNCTION void rotate(std::int64_t token, int x) const {
    using P = Pack<float, W>;
    P sine, cosine;
    sine_cosine(load<P>(frequency + x) * static_cast<float>(position[token]), sine, cosine);
    store(to + token * 2 * half + x, cosine);
    store(to + token * 2 * half + half + x, sine);
  }
};

}  // namespace KG_PACK_NAMESPACE
}  // namespace kernelgate
