// Inputs of expert_gemm whose reference is exact in f32, although silu divides and exponentiates.
#pragma once

#include <cstdint>

#include "kernels/expert_gemm/expert_gemm.hpp"

namespace kernelgate {

/// Parameters of the family for one shape (docs/kernels/expert_gemm.md derives them).
struct SwigluFamily {
  std::int64_t largest = 1;    // |entries| of h, G, U and D, before their units
  std::int64_t gate_base = 0;  // |G[i,0]|; h[t,0] = 1, so every gate is this far from 0 …
  std::int64_t gate_rest = 0;  // … plus or minus this
  double up_unit = 1;          // powers of two that keep f16 results inside the type
  double down_unit = 1;
};
SwigluFamily swiglu_family(const ExpertGemmCase& c);

/// Fills h, weight, gate_up and down.
void fill_swiglu_family(const ExpertGemmCase& c, TensorSet& tensors, std::uint64_t seed);

}  // namespace kernelgate
