// Names of the instances of the native expert_gemm_w4. Its sizes are those of expert_gemm.
#pragma once

#include "kernels/expert_gemm/expert_gemm_launch.hpp"

namespace kernelgate {

constexpr InstanceName expert_w4_count_name(std::int64_t wave) {
  return instance_name("expert_w4_count", instance_wave(wave));
}
constexpr InstanceName expert_w4_scan_name(std::int64_t wave) {
  return instance_name("expert_w4_scan", instance_wave(wave));
}
constexpr InstanceName expert_w4_place_name(std::int64_t wave) {
  return instance_name("expert_w4_place", instance_wave(wave));
}
constexpr InstanceName expert_w4_gate_up_name(std::string_view type, std::int64_t wave,
                                              std::int64_t rows) {
  return instance_name("expert_w4_gate_up", type, instance_wave(wave),
                       InstanceNumber{"rows", rows});
}
constexpr InstanceName expert_w4_down_name(std::string_view type, std::int64_t wave,
                                           std::int64_t rows) {
  return instance_name("expert_w4_down", type, instance_wave(wave), InstanceNumber{"rows", rows});
}

}  // namespace kernelgate
