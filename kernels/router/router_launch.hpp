// Tensors and sizes of a native router launch, for the kernels and their host side.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"

namespace kernelgate {

/// `void` pointers refer to the storage type; s_prev and gamma are null without EDA.
struct RouterArguments {
  const void *h, *w_d, *b_d, *gamma, *g, *w1, *b1, *w2, *b2, *w3;
  const float *s_prev, *bias;
  float *s, *p, *probability;
  std::int32_t* choice;
  std::uint32_t tokens, hidden, width, entries;

  static constexpr std::uint32_t tile = 4;  // tokens that share one read of the weights
};

/// Names of the instances.
constexpr InstanceName router_state_name(std::string_view type, std::int64_t wave) {
  return typed_instance_name("router_state", type, wave);
}
constexpr InstanceName router_choose_name(std::string_view type, std::int64_t wave,
                                          std::int64_t max_width) {
  return instance_name("router_choose", type, instance_wave(wave), InstanceNumber{"", max_width});
}

}  // namespace kernelgate
