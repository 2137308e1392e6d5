// All weights of a model, grouped by the part that reads them: views, with the owners of their
// bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/conv_mixing/conv_mixing_reference.hpp"
#include "kernels/residual_norm/residual_norm_reference.hpp"
#include "kernels/router/router_reference.hpp"
#include "reference/config.hpp"
#include "reference/safetensors.hpp"

namespace kernelgate::reference {

/// gate_up [2I,H], gate rows first; down [H,I].
struct ExpertWeights {
  Values gate_up, down;
};

struct BlockWeights {
  Values input_norm;
  Values q, k, v_current, v_delayed;
  ConvMixingWeights mixing;
  Values o;
  ResidualScales post_attention;
  Values post_attention_norm;
  RouterWeights router;
  std::vector<ExpertWeights> experts;
  ResidualScales post_mlp;
};

struct Weights {
  Values embedding, input_scale, input_bias;
  std::vector<BlockWeights> blocks;
  Values final_norm, head;
  std::vector<std::shared_ptr<const void>> owners;
};

/// Native name and shape of a tensor (spec 9.1).
struct TensorName {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// Every tensor of a model with this config, in the order of the forward pass.
std::vector<TensorName> tensor_names(const ModelConfig& config);

/// Binds tensors with native names. Experts are one stacked tensor per block, or one tensor each:
/// "...experts.{e}.gate_up_proj". Throws BadInput for a missing or unknown tensor, a wrong shape or
/// type, and a NaN or infinity, naming the tensor and the index. `source` is the checkpoint's name
/// in messages.
Weights bind_weights(const ModelConfig& config, TensorMap tensors, const std::string& source);

}  // namespace kernelgate::reference
