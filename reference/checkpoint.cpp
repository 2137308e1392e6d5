#include "reference/checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "harness/core/error.hpp"
#include "reference/json_fields.hpp"
#include "reference/legacy_names.hpp"
#include "reference/mapped_file.hpp"

namespace kernelgate::reference {

namespace fs = std::filesystem;

namespace {

constexpr const char* single_name = "model.safetensors";
constexpr const char* index_name = "model.safetensors.index.json";

ShardMap read_index(const fs::path& file) {
  const MappedFile mapped(file);
  const auto bytes = mapped.bytes();
  return parse_index({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.string());
}

TensorMap read_shards(const fs::path& directory) {
  const fs::path index = directory / index_name;
  const auto where = read_index(index);
  std::set<std::string> files;
  for (const auto& [tensor, shard] : where) files.insert(shard);
  TensorMap all;
  for (const std::string& shard : files) {
    TensorMap part = read_safetensors(directory / shard);
    for (auto& [name, tensor] : part.tensors) {
      const auto said = where.find(name);
      if (said == where.end() || said->second != shard) {
        throw BadInput((directory / shard).string() + ": tensor '" + name + "': " + index.string() +
                       " places it " + (said == where.end() ? "nowhere" : "in " + said->second));
      }
      all.tensors.emplace(name, std::move(tensor));
    }
    std::move(part.owners.begin(), part.owners.end(), std::back_inserter(all.owners));
  }
  for (const auto& [tensor, shard] : where) {
    if (!all.tensors.contains(tensor)) {
      throw BadInput(index.string() + ": tensor '" + tensor + "': expected in " + shard +
                     ", which has none of that name");
    }
  }
  return all;
}

TensorMap to_native(TensorMap map, const ModelConfig& config, const fs::path& directory) {
  const bool legacy = std::any_of(map.tensors.begin(), map.tensors.end(),
                                  [](const auto& t) { return is_legacy_name(t.first); });
  if (!legacy) return map;
  std::map<std::string, TensorView> renamed;
  for (auto& [name, tensor] : map.tensors) {
    const std::string native = native_name(name, config.num_blocks());
    if (!renamed.emplace(native, std::move(tensor)).second) {
      throw BadInput(directory.string() + ": two tensors mean '" + native + "', one of them '" +
                     name + "'");
    }
  }
  map.tensors = std::move(renamed);
  return map;
}

/// Original configs of some releases give twice the query heads that the projection has.
void correct_heads(ModelConfig& config, const TensorMap& map) {
  const auto q = map.tensors.find("model.layers.0.self_attn.qkv_proj.q_proj.weight");
  if (!config.legacy || q == map.tensors.end() || q->second.shape.empty()) return;
  if (config.num_heads % 2 != 0) return;
  if (q->second.shape[0] == config.q_size() / 2) config.num_heads /= 2;
}

/// One release keeps the router norm's old leaf name under a native prefix.
void rename_router_norms(TensorMap& map, const ModelConfig& config) {
  for (std::int64_t i = 0; i < config.num_blocks(); ++i) {
    const std::string gate = "model.layers." + std::to_string(i) + ".mlp.gate.";
    for (const char* leaf : {"rmsnorm_eda.weight", "router_mlp.rmsnorm_eda.weight"}) {
      auto node = map.tensors.extract(gate + leaf);
      if (node.empty()) continue;
      node.key() = gate + "router_mlp.norm.weight";
      map.tensors.insert(std::move(node));
    }
  }
}

}  // namespace

ShardMap parse_index(std::string_view text, const std::string& file) {
  const nlohmann::json parsed = parse_json(text, file);
  ShardMap map = JsonFields(parsed, file).object("weight_map").items();
  for (const auto& [tensor, shard] : map) {
    const bool zero = shard.find('\0') != std::string::npos;
    if (shard.empty() || zero || fs::path(shard).filename() != shard || shard == "." ||
        shard == "..") {
      throw BadInput(file + ": key 'weight_map." + tensor +
                     "': expected the name of a file beside the index, got '" + shard + "'");
    }
  }
  return map;
}

TensorMap load_tensors(const fs::path& directory, ModelConfig& config) {
  std::error_code error;
  const bool sharded = fs::exists(directory / index_name, error);
  if (!sharded && !fs::exists(directory / single_name, error)) {
    throw BadInput(directory.string() + ": expected " + single_name + " or " + index_name +
                   ", got neither");
  }
  TensorMap map = sharded ? read_shards(directory) : read_safetensors(directory / single_name);
  map = to_native(std::move(map), config, directory);
  rename_router_norms(map, config);
  correct_heads(config, map);
  check_config(config, (directory / "config.json").string());
  return map;
}

namespace {

/// Drops the tensors of blocks from `blocks` on.
void drop_layers(TensorMap& map, std::int64_t blocks) {
  constexpr std::string_view prefix = "model.layers.";
  std::erase_if(map.tensors, [&](const auto& tensor) {
    const std::string& name = tensor.first;
    if (!name.starts_with(prefix)) return false;
    std::int64_t block = 0;
    const char* digits = name.data() + prefix.size();
    const auto read = std::from_chars(digits, name.data() + name.size(), block);
    return read.ec == std::errc::result_out_of_range || block >= blocks;
  });
}

}  // namespace

Checkpoint load_checkpoint(const fs::path& directory, std::int64_t layers) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    throw BadInput(directory.string() + ": expected a checkpoint directory, got " +
                   (fs::exists(directory, error) ? "a file" : "nothing"));
  }
  Checkpoint c{read_config(directory / "config.json"), {}};
  TensorMap tensors = load_tensors(directory, c.config);
  if (layers > 0) {
    keep_layers(c.config, layers, directory.string());
    drop_layers(tensors, layers);
  }
  c.weights = bind_weights(c.config, std::move(tensors), directory.string());
  return c;
}

}  // namespace kernelgate::reference
