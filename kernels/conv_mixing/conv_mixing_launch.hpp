// Launch arguments of the native conv_mixing: addresses and sizes in a plain struct with the same
// layout for host and device compilers.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"

namespace kernelgate {

/// T is the storage type of the instance. Shapes as in conv_mixing.hpp.
struct ConvMixingLaunch {
  const void* qkv;             // T [tokens, width], width = (heads + 2 kv_heads) d
  const void* depthwise;       // T [C,2], C = (heads + kv_heads) d
  const void* depthwise_bias;  // T [C]
  const void* grouped;         // T [C,d,2]
  const void* grouped_bias;    // T [C]
  const void* temperature;     // T [kv_heads]
  const std::int32_t* position;
  const std::int32_t* slot;
  const float* frequency;  // [half]: theta^(-x / half) rounded to f32
  float* conv_state;       // [slots,C,2], older first
  float* lag_state;        // [slots, kv_heads d / 2]
  void* q;                 // T [tokens,heads,d]
  void* k;                 // T [tokens,kv_heads,d]
  void* v;                 // T [tokens,kv_heads,d]
  std::uint32_t tokens, heads, kv_heads, d;
  std::uint32_t half;     // rotated pairs per head
  std::uint32_t batch;    // 1: each row is its own sequence (decode)
  std::uint32_t carries;  // 1: there is a state to read (chunk, decode)
  std::uint32_t raw;      // 1: stop before the norm (stage=conv)
};

// Tiling of the two kernels for heads of up to `d` (64, 128 or 256) components. The host uses the
// same values to size the grid and to check that the device has enough shared memory.
constexpr std::uint32_t conv_tile_threads = 128, conv_few_threads = 256;
constexpr std::uint32_t conv_tile_rows(std::uint32_t d) { return 4096 / d; }
constexpr std::uint32_t conv_tile_step(std::uint32_t d) { return 1024 / d; }
/// One line of D per row plus one before, and two weight buffers; lines are 16 bytes longer than d.
constexpr std::int64_t conv_tile_bytes(std::uint32_t d) {
  return static_cast<std::int64_t>(conv_tile_rows(d) + 1 + 4 * conv_tile_step(d)) * (d + 4) * 4;
}
constexpr std::uint32_t conv_few_rows(std::uint32_t d) { return 1024 / d; }

/// Names of the instances.
constexpr InstanceName conv_mixing_tile_name(std::string_view type, std::int64_t d,
                                             std::int64_t wave) {
  return instance_name("conv_mixing_tile", type, InstanceNumber{"", d}, instance_wave(wave));
}
constexpr InstanceName conv_mixing_few_name(std::string_view type, std::int64_t d,
                                            std::int64_t wave) {
  return instance_name("conv_mixing_few", type, InstanceNumber{"", d}, instance_wave(wave));
}

}  // namespace kernelgate
