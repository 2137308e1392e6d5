// Loads a checkpoint directory: config.json, and one safetensors file or several with an index,
// under native or original names.
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
  Notices notices;  // where its files disagree, and which one was used
};

/// Throws BadInput, reporting what was found, unless `directory` is a folder.
void require_checkpoint_folder(const std::filesystem::path& directory);

/// Throws BadInput for anything unreadable or inconsistent. `layers`: loads only the first blocks;
/// 0: all.
Checkpoint load_checkpoint(const std::filesystem::path& directory, std::int64_t layers = 0);

/// Maps tensor names to file names.
using ShardMap = std::map<std::string, std::string>;

/// The weight_map of a model.safetensors.index.json. Throws BadInput for any other content, and for
/// a file name outside the directory.
ShardMap parse_index(std::string_view text, const std::string& file);

/// The tensors of a directory under native names; experts of original checkpoints stay one tensor
/// each. An index decides from which file a tensor is read; copies in other files are ignored. The
/// tensors correct `config`: original files may state twice the heads, and a head that differs from
/// the embedding is not tied, whatever `tie_word_embeddings` is. Adds a notice for each correction
/// and for each ignored tensor or file.
TensorMap load_tensors(const std::filesystem::path& directory, ModelConfig& config,
                       Notices& notices);

}  // namespace kernelgate::reference
