// Constants that the native residual_norm and its launch share.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"

namespace kernelgate {

inline constexpr std::uint32_t residual_norm_threads = 256;  // most per block

/// Optional operations of a launch, as bits.
struct ResidualNormDoes {
  static constexpr std::uint32_t reads_residual = 1, writes_residual = 2, rounds_input = 4;
};

/// Names of the instances.
constexpr InstanceName residual_norm_name(std::string_view type, std::int64_t wave,
                                          std::int64_t load, std::int64_t keep) {
  return instance_name("residual_norm", type, instance_wave(wave), InstanceNumber{"load", load},
                       InstanceNumber{"keep", keep});
}

}  // namespace kernelgate
