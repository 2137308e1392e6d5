// Router and experts of one block, token by token (spec 2.1 steps 6 and 7, spec 4 and 5).
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "kernels/expert_gemm/expert_gemm_reference.hpp"
#include "reference/attention_block.hpp"

namespace kernelgate::reference {

/// May change a token's routing before its expert runs.
using Redirect = std::function<void(std::int64_t token, Routing<double>& routing)>;

/// Reads the stream [S,H] and the previous block's router states [S,R] (empty in block 0). Replaces
/// them with this block's states and fills moe_input, routing and moe of the trace.
void moe_block(const BlockContext& context, SkipRule skip, std::span<const double> stream,
               std::vector<double>& router_states, const Redirect& redirect, BlockTrace& trace);

}  // namespace kernelgate::reference
