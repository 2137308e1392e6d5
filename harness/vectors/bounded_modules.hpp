// The modules of one layer with error bounds: the kernels' formulas in sequence, evaluated with
// numbers that carry their error. Inputs are exact f32; results are stored as f32.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/expert_gemm/expert_gemm_reference.hpp"
#include "reference/config.hpp"
#include "reference/weights.hpp"

namespace kernelgate {

using Row = std::vector<Bounded>;
using Rows = std::vector<Row>;  // one per token

/// y = norm(x) for one row.
Row bounded_norm(const Values& x, const Values& weight, double eps);

/// Attention of a whole sequence from an empty state: normed [S,H] -> [S,H] after the output
/// projection.
Rows bounded_attention(const Values& normed, const reference::ModelConfig& config,
                       const reference::BlockConfig& block, const reference::BlockWeights& weights);

/// One token through router and expert. `previous`: the router's state of the previous layer, or
/// empty.
struct BoundedMoe {
  reference::Routing<Bounded> routing;
  Row output;
  /// Whether the choice is independent of the rounding of a correctly implemented engine.
  bool decided() const;
};
BoundedMoe bounded_moe(const Values& normed, const Values& previous,
                       const reference::ModelConfig& config, const reference::BlockWeights& weights,
                       reference::SkipRule skip);

/// The stream after a residual scaling, one row.
Row bounded_residual(const Values& hidden, const Values& stream,
                     const reference::ResidualScales& scales);

/// W x for one row, not rounded. A Bounded x propagates its error.
Row bounded_linear(const Values& weight, const Row& x);

}  // namespace kernelgate
