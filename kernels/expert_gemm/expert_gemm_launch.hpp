// Sizes that the native expert_gemm, expert_gemm_w4 and their launches share.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"

namespace kernelgate {

inline constexpr std::uint32_t expert_threads = 256;  // per block, without matrix instructions
/// Tokens that one block counts and places: one per thread.
inline constexpr std::uint32_t expert_tokens_per_block = expert_threads;
/// Inner columns (each a gate and an up) and outputs of a block's product.
inline constexpr std::uint32_t expert_inner = 32, expert_outputs = 64;

/// On matrix instructions: columns of a block's product, outputs or gates and ups, and its threads,
/// half as many where experts have few tokens.
inline constexpr int expert_matrix_columns = 128;
template <int Rows>
inline constexpr int expert_matrix_threads = Rows == 16 ? 128 : 256;

/// Names of the instances.
constexpr InstanceName expert_count_name(std::int64_t wave) {
  return instance_name("expert_count", instance_wave(wave));
}
constexpr InstanceName expert_scan_name(std::int64_t wave) {
  return instance_name("expert_scan", instance_wave(wave));
}
constexpr InstanceName expert_place_name(std::int64_t wave) {
  return instance_name("expert_place", instance_wave(wave));
}
constexpr InstanceName expert_gate_up_name(std::string_view type, std::int64_t wave,
                                           std::int64_t rows) {
  return instance_name("expert_gate_up", type, instance_wave(wave), InstanceNumber{"rows", rows});
}
constexpr InstanceName expert_down_name(std::string_view type, std::int64_t wave,
                                        std::int64_t rows) {
  return instance_name("expert_down", type, instance_wave(wave), InstanceNumber{"rows", rows});
}
constexpr InstanceName expert_gate_up_matrix_name(std::string_view type, std::int64_t wave,
                                                  std::int64_t rows) {
  return instance_name("expert_gate_up_matrix", type, instance_wave(wave),
                       InstanceNumber{"rows", rows});
}
constexpr InstanceName expert_down_matrix_name(std::string_view type, std::int64_t wave,
                                               std::int64_t rows) {
  return instance_name("expert_down_matrix", type, instance_wave(wave),
                       InstanceNumber{"rows", rows});
}

}  // namespace kernelgate
