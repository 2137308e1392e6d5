// A checkpoint directory as its user has it: config.json, and one safetensors file or several with
// an index, under native or original names.
#pragma once

#include <filesystem>

#include "reference/config.hpp"
#include "reference/weights.hpp"

namespace kernelgate::reference {

struct Checkpoint {
  ModelConfig config;
  Weights weights;
};

/// Throws BadInput for whatever cannot be read or does not fit together.
Checkpoint load_checkpoint(const std::filesystem::path& directory);

/// The tensors of a directory under native names; experts of original checkpoints stay one tensor
/// each. `config` is corrected where only the tensors tell: original files may give twice the
/// heads.
TensorMap load_tensors(const std::filesystem::path& directory, ModelConfig& config);

}  // namespace kernelgate::reference
