// Makes vectors of a whole model: every module of every layer on its inputs from the scalar model,
// with error bounds by running error analysis through the module.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "harness/vectors/vector_file.hpp"
#include "reference/config.hpp"
#include "reference/model.hpp"

namespace kernelgate {

/// Counts of judged tokens, and of those left out because correct engines may decide differently.
struct ModelVectorCounts {
  std::int64_t vectors = 0;
  std::int64_t tokens = 0;     // routed, over all layers
  std::int64_t undecided = 0;  // of these: the router's margin is below its error bound
};

/// Memory that add_model_vectors() and the file use for `tokens` tokens, in addition to the
/// weights.
std::int64_t model_vector_bytes(const reference::ModelConfig& config, std::int64_t tokens);

/// Runs the model on the tokens, from an empty state, and adds vectors of input_norm, attention,
/// post_attention, moe and post_moe for every layer, and of the head. An engine may compute and
/// store in f32 and sum in any order. The skip rule is the model's own.
ModelVectorCounts add_model_vectors(VectorFile& file, const reference::Model& model,
                                    reference::SkipRule skip, std::span<const std::int32_t> ids);

}  // namespace kernelgate
