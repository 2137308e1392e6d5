// Sizes that the native expert_gemm, expert_gemm_w4 and their launches share.
#pragma once

#include <cstdint>
#include <string_view>

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

/// Kernels of the five launches, as their instances are named.
struct ExpertKernels {
  std::string_view count, scan, place;  // these sort the tokens by expert
  std::string_view gate_up, down;
};
inline constexpr ExpertKernels expert_kernels{.count = "expert_count",
                                              .scan = "expert_scan",
                                              .place = "expert_place",
                                              .gate_up = "expert_gate_up",
                                              .down = "expert_down"};
inline constexpr ExpertKernels expert_matrix_kernels{.count = expert_kernels.count,
                                                     .scan = expert_kernels.scan,
                                                     .place = expert_kernels.place,
                                                     .gate_up = "expert_gate_up_matrix",
                                                     .down = "expert_down_matrix"};

/// The instance of a sorting kernel, "expert_count<w32>".
constexpr InstanceName expert_sort_name(std::string_view kernel, std::int64_t wave) {
  return instance_name(kernel, instance_wave(wave));
}
/// The instance of a product with tiles of `rows` tokens, "expert_down<bf16,w32,rows64>".
constexpr InstanceName expert_product_name(std::string_view kernel, std::string_view type,
                                           std::int64_t wave, std::int64_t rows) {
  return instance_name(kernel, type, instance_wave(wave), InstanceNumber{"rows", rows});
}

}  // namespace kernelgate
