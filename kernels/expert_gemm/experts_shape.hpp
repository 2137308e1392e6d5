// Extents that every form of the experts takes.
#pragma once

#include <cstdint>

#include "kernels/expert_gemm/skip_rule.hpp"

namespace kernelgate {

struct ExpertsShape {
  std::int64_t tokens = 0, hidden = 0, inter = 0, experts = 0;
  SkipRule skip = SkipRule::zero;
};

}  // namespace kernelgate
