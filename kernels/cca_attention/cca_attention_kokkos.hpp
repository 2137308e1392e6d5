// The portable attention with its work partitioning chosen by the caller, for tests of every split
// count.
#pragma once

#include <memory>

#include "harness/core/kernel.hpp"
#include "kernels/cca_attention/attention_sizes.hpp"

namespace kernelgate {

/// Selects the shape of this build's execution space, or that of devices on any execution space.
enum class AttentionShape { space, device };

std::unique_ptr<Launch> prepare_attention(const CcaAttentionCase& c, TensorSet& tensors,
                                          AttentionCut cut,
                                          AttentionShape shape = AttentionShape::space);

}  // namespace kernelgate
