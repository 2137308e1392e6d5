// The modules of one layer with budgets: the kernels' own formulas, one after another, read with
// numbers that carry their error. Inputs are exact f32; results are stored as f32.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/expert_gemm/expert_gemm_reference.hpp"
#include "reference/config.hpp"
#include "reference/weights.hpp"

namespace kernelgate {

using Row = std::vector<Bounded>;
using Rows = std::vector<Row>;  // one a token

/// y = norm(x) of one row.
Row bounded_norm(const Values& x, const Values& weight, double eps);

/// Attention of a whole sequence from an empty state: normed [S,H] -> [S,H] behind the output
/// projection.
Rows bounded_attention(const Values& normed, const reference::ModelConfig& config,
                       const reference::BlockConfig& block, const reference::BlockWeights& weights);

/// One token through router and expert. `previous`: the router's state one layer earlier, or empty.
struct BoundedMoe {
  reference::Routing<Bounded> routing;
  Row output;
  /// Whether the choice stands whatever an honest engine rounds.
  bool decided() const;
};
BoundedMoe bounded_moe(const Values& normed, const Values& previous,
                       const reference::ModelConfig& config, const reference::BlockWeights& weights,
                       reference::SkipRule skip);

/// The stream behind a residual scaling, one row.
Row bounded_residual(const Values& hidden, const Values& stream,
                     const reference::ResidualScales& scales);

/// W x of one row, not rounded: a Bounded x carries its error through.
Row bounded_linear(const Values& weight, const Row& x);

}  // namespace kernelgate
