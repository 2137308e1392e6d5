// Names of the instances of the native bias_balance.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"

namespace kernelgate {

constexpr InstanceName bias_clear_name(std::int64_t wave) {
  return instance_name("bias_clear", instance_wave(wave));
}
constexpr InstanceName bias_count_name(std::int64_t wave) {
  return instance_name("bias_count", instance_wave(wave));
}
constexpr InstanceName bias_step_name(std::int64_t wave) {
  return instance_name("bias_step", instance_wave(wave));
}

}  // namespace kernelgate
