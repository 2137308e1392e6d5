// CCA attention of one block over one sequence's chunk (spec 2.1 steps 3 and 4, spec 3).
#pragma once

#include <span>
#include <vector>

#include "reference/config.hpp"
#include "reference/precision.hpp"
#include "reference/state.hpp"
#include "reference/trace.hpp"
#include "reference/weights.hpp"

namespace kernelgate::reference {

/// Read-only inputs of a block besides the chunk.
struct BlockContext {
  const ModelConfig& config;
  const BlockConfig& block;
  const BlockWeights& weights;
  const Precision& precision;
};

ResidualNormRounding norm_rounding(const Precision& p);

/// Reads the stream [S,H] and the block's state, appends S tokens to the state, and fills q, k, v
/// and attention of the trace.
void attention_block(const BlockContext& context, std::span<const double> stream,
                     std::int64_t first_position, BlockState& state, BlockTrace& trace);

}  // namespace kernelgate::reference
