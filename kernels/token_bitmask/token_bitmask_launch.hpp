// Names of the instances of the native token_bitmask.
#pragma once

#include <cstdint>

#include "harness/core/instance_name.hpp"

namespace kernelgate {

/// `each`: logits per thread.
constexpr InstanceName token_bitmask_name(std::string_view type, std::int64_t wave,
                                          std::int64_t each) {
  return instance_name("token_bitmask", type, instance_wave(wave), InstanceNumber{"each", each});
}

}  // namespace kernelgate
