// Sizes that the native linear and its launches share.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"

namespace kernelgate {

inline constexpr std::uint32_t linear_threads = 256;  // per block
/// Weight rows per wave: each load of x serves all of them.
inline constexpr std::uint32_t linear_rows_per_wave = 4;
inline constexpr std::uint32_t linear_tile = 64;  // tokens and outputs per tile

/// Names of the instances.
constexpr InstanceName linear_rows_name(std::string_view type, std::int64_t wave,
                                        std::int64_t tokens) {
  return instance_name("linear_rows", type, instance_wave(wave), InstanceNumber{"tokens", tokens});
}
constexpr InstanceName linear_sum_name(std::string_view type, std::int64_t wave) {
  return typed_instance_name("linear_sum", type, wave);
}
constexpr InstanceName linear_tiles_name(std::string_view type, std::int64_t wave) {
  return typed_instance_name("linear_tiles", type, wave);
}
constexpr InstanceName linear_matrix_name(std::string_view type, std::int64_t wave,
                                          std::int64_t tile) {
  return instance_name("linear_matrix", type, instance_wave(wave), InstanceNumber{"", tile});
}

}  // namespace kernelgate
