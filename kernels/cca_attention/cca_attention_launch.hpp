// Launch arguments and tile sizes of the native cca_attention, in plain structs with the same
// layout for host and device compilers.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"
#include "kernels/common/dialect/common/attention_splits.hpp"

namespace kernelgate {

/// T is the storage type of the instance. Shapes as in cca_attention.hpp.
struct CcaAttentionLaunch {
  const void* q;              // T [batch,tokens,heads,d]
  const void* k;              // T [batch,rows,kv_heads,d]
  const void* v;              // as k
  const std::int32_t* valid;  // [batch,2]: first valid row, one past the last
  void* out;                  // T [batch*tokens, heads*d]
  std::uint32_t tokens, rows, heads, kv_heads, d;
  std::uint32_t window;  // 0: causal only
  float factor;          // log2 e / sqrt(d): scores are exponents of 2
  AttentionSplits splits;
};

/// Prefill: query rows (token, head of one group) and keys per tile, and buffers of K and V. A
/// group of sixteen threads shares four rows.
struct AttentionTile {
  std::uint32_t rows, keys, buffers;
  constexpr std::uint32_t threads() const { return rows * 4; }
  /// Queries as f32, buffers of K and V as stored, weights as f32; each line is 16 bytes longer.
  constexpr std::int64_t bytes(std::uint32_t element, std::uint32_t d) const {
    return static_cast<std::int64_t>(rows) * (d + 4) * 4 +
           static_cast<std::int64_t>(2 * buffers * keys) * (d * element + 16) +
           static_cast<std::int64_t>(rows) * (keys + 4) * 4;
  }
};

/// The tile for heads of up to d (64, 128 or 256) components of `element` bytes: the largest whose
/// buffers fit into 64 KiB, with two buffers if both fit.
constexpr AttentionTile attention_tile(std::uint32_t element, std::uint32_t d) {
  if (d == 64) return {32, 32, 2};
  if (d == 128) return {32, element == 2 ? 32U : 16U, 2};
  return {element == 2 ? 32U : 16U, 16, 1};
}

/// Decode: query rows per block, and keys processed at a time.
constexpr std::uint32_t attention_split_rows = 8, attention_split_tile = 64;
constexpr std::uint32_t attention_split_threads = 128;

/// On matrix instructions: 16 query rows per wave, 32 keys processed at a time.
constexpr std::uint32_t attention_matrix_threads = 128, attention_matrix_keys = 32;
constexpr std::uint32_t attention_matrix_rows(std::uint32_t wave) {
  return attention_matrix_threads / wave * 16;
}

/// Names of the instances.
constexpr InstanceName cca_attention_tile_name(std::string_view type, std::int64_t d,
                                               std::int64_t wave) {
  return instance_name("cca_attention_tile", type, InstanceNumber{"", d}, instance_wave(wave));
}
constexpr InstanceName cca_attention_split_name(std::string_view type, std::int64_t d,
                                                std::int64_t wave) {
  return instance_name("cca_attention_split", type, InstanceNumber{"", d}, instance_wave(wave));
}
constexpr InstanceName cca_attention_matrix_name(std::string_view type, std::int64_t d,
                                                 std::int64_t wave) {
  return instance_name("cca_attention_matrix", type, InstanceNumber{"", d}, instance_wave(wave));
}
constexpr InstanceName cca_attention_merge_name(std::string_view type, std::int64_t wave) {
  return typed_instance_name("cca_attention_merge", type, wave);
}

}  // namespace kernelgate
