// What a launch of the native conv_mixing hands to its kernels: addresses and sizes, plain enough
// to mean the same to the host's compiler and to a device's.
#pragma once

#include <cstdint>

namespace kernelgate {

/// T stands for the storage type that the instance is made for. Shapes as in conv_mixing.hpp.
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
  std::uint32_t half;     // rotated pairs of a head
  std::uint32_t batch;    // 1: each row is a sequence of its own (decode)
  std::uint32_t carries;  // 1: there is a state to read (chunk, decode)
  std::uint32_t raw;      // 1: stop before the norm (stage=conv)
};

// How the two kernels cut the work, for heads of up to `d` (64, 128 or 256) components: known to
// the host too, which sizes the grid and asks whether a device has the shared memory.
constexpr std::uint32_t conv_tile_threads = 128, conv_few_threads = 256;
constexpr std::uint32_t conv_tile_rows(std::uint32_t d) { return 4096 / d; }
constexpr std::uint32_t conv_tile_step(std::uint32_t d) { return 1024 / d; }
/// A line of D a row and one before, and two buffers of weights; lines are 16 bytes longer than d.
constexpr std::int64_t conv_tile_bytes(std::uint32_t d) {
  return static_cast<std::int64_t>(conv_tile_rows(d) + 1 + 4 * conv_tile_step(d)) * (d + 4) * 4;
}
constexpr std::uint32_t conv_few_rows(std::uint32_t d) { return 1024 / d; }

}  // namespace kernelgate
