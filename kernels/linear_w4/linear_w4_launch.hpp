// Sizes that the native linear_w4 and its launches share.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"

namespace kernelgate {

inline constexpr std::uint32_t linear_w4_threads = 256;  // per block
inline constexpr std::uint32_t linear_w4_rows_per_wave = 2;
inline constexpr std::uint32_t linear_w4_tile = 64;  // tokens and outputs per tile

/// Names of the instances.
constexpr InstanceName linear_w4_rows_name(std::string_view type, std::int64_t wave,
                                           std::int64_t tokens) {
  return instance_name("linear_w4_rows", type, instance_wave(wave),
                       InstanceNumber{"tokens", tokens});
}
constexpr InstanceName linear_w4_tiles_name(std::string_view type, std::int64_t wave) {
  return typed_instance_name("linear_w4_tiles", type, wave);
}

}  // namespace kernelgate
