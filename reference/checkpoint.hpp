// A checkpoint directory as its user has it: config.json, and one safetensors file or several with
// an index, under native or original names.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "reference/config.hpp"
#include "reference/weights.hpp"

namespace kernelgate::reference {

struct Checkpoint {
  ModelConfig config;
  Weights weights;
  Notices notices;  // where its files disagree, and which was used
};

/// Throws BadInput, saying what is there, unless `directory` is a folder.
void require_checkpoint_folder(const std::filesystem::path& directory);

/// Throws BadInput for whatever cannot be read or does not fit together. `layers`: the first blocks
/// alone; 0: all.
Checkpoint load_checkpoint(const std::filesystem::path& directory, std::int64_t layers = 0);

/// Tensor names, each with the name of its file.
using ShardMap = std::map<std::string, std::string>;

/// The weight_map of a model.safetensors.index.json. Throws BadInput for whatever is no such map,
/// and for a file name that leaves the directory.
ShardMap parse_index(std::string_view text, const std::string& file);

/// The tensors of a directory under native names; experts of original checkpoints stay one tensor
/// each. An index decides from which file a tensor is read; copies of it elsewhere are left alone.
/// `config` is corrected where the tensors tell more: original files may give twice the heads, and
/// a head that differs from the embedding is not tied to it, whatever `tie_word_embeddings` is.
/// Adds a notice for each such correction and for what is left alone.
TensorMap load_tensors(const std::filesystem::path& directory, ModelConfig& config,
                       Notices& notices);

}  // namespace kernelgate::reference
