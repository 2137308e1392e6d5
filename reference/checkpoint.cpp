#include "reference/checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "harness/core/counted.hpp"
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
  return parse_index(mapped.text(), file.string());
}

/// Counts the tensors of one shard that the index does not read from it.
class LeftAlone {
 public:
  void add(const std::string& tensor, const std::string& placed) {
    if (count_++ == 0) first_ = "'" + tensor + "', which the index places " + placed;
  }
  void note(const fs::path& shard, Notices& notices) const {
    if (count_ == 0) return;
    notices.push_back(shard.string() + ": " + counted(count_, "tensor is", "tensors are") +
                      " left alone, because the index does not read " +
                      (count_ == 1 ? "it" : "them") + " from this file: " + first_ +
                      (count_ == 1 ? "" : ", and others"));
  }

 private:
  std::int64_t count_ = 0;
  std::string first_;
};

/// Moves the tensors that the index reads from this shard into `all`.
void take_shard(const std::string& shard, const fs::path& file, const ShardMap& where,
                TensorMap& all, Notices& notices) {
  TensorMap part = read_safetensors(file, UnknownTypes::unreadable);
  LeftAlone left_alone;
  const auto is_read_here = [&](const std::string& tensor) {
    const auto found = where.find(tensor);
    if (found != where.end() && found->second == shard) return true;
    left_alone.add(tensor, found == where.end() ? "nowhere" : "in " + found->second);
    if (found == where.end()) {
      all.unlisted[tensor] = file.string() + " holds one, but the index places it nowhere";
    }
    return false;
  };
  for (auto& [name, tensor] : part.tensors) {
    if (is_read_here(name)) all.tensors.emplace(name, std::move(tensor));
  }
  for (auto& [name, reason] : part.unreadable) {
    if (is_read_here(name)) all.unreadable[name] = std::move(reason);
  }
  std::move(part.owners.begin(), part.owners.end(), std::back_inserter(all.owners));
  left_alone.note(file, notices);
}

TensorMap read_shards(const fs::path& directory, Notices& notices) {
  const fs::path index = directory / index_name;
  const auto where = read_index(index);
  std::set<std::string> files;
  std::error_code error;
  for (const auto& [tensor, shard] : where) {
    if (!files.insert(shard).second || fs::exists(directory / shard, error)) continue;
    throw BadInput((directory / shard).string() + ": cannot be read: No such file or directory; " +
                   index.string() + " places tensor '" + tensor + "' in it");
  }
  TensorMap all;
  for (const std::string& shard : files) take_shard(shard, directory / shard, where, all, notices);
  for (const auto& [tensor, shard] : where) {
    if (!all.tensors.contains(tensor) && !all.unreadable.contains(tensor)) {
      throw BadInput(index.string() + ": tensor '" + tensor + "': expected in " + shard +
                     ", which has none of that name");
    }
  }
  if (!files.contains(single_name) && fs::exists(directory / single_name, error)) {
    notices.push_back((directory / single_name).string() + ": left alone, because " + index_name +
                      " beside it names other files; transformers would read " + single_name);
  }
  return all;
}

[[noreturn]] void refuse_second_name(const fs::path& directory, const std::string& native,
                                     const std::string& other) {
  throw BadInput(directory.string() + ": two tensors mean '" + native + "', one of them '" + other +
                 "'");
}

TensorMap to_native(TensorMap map, const ModelConfig& config, const fs::path& directory) {
  const bool legacy = std::any_of(map.tensors.begin(), map.tensors.end(),
                                  [](const auto& t) { return is_legacy_name(t.first); });
  if (!legacy) return map;
  for (auto* absent : {&map.unreadable, &map.unlisted}) {
    std::map<std::string, std::string> renamed;
    for (auto& [name, reason] : *absent) {
      renamed[native_name(name, config.num_blocks())] = std::move(reason);
    }
    *absent = std::move(renamed);
  }
  std::map<std::string, TensorView> renamed;
  for (auto& [name, tensor] : map.tensors) {
    const std::string native = native_name(name, config.num_blocks());
    if (!renamed.emplace(native, std::move(tensor)).second) {
      refuse_second_name(directory, native, name);
    }
  }
  map.tensors = std::move(renamed);
  return map;
}

/// Original configs of some releases state twice as many query heads as the projection has.
void correct_heads(ModelConfig& config, const TensorMap& map, const std::string& file,
                   Notices& notices) {
  const auto q = map.tensors.find("model.layers.0.self_attn.qkv_proj.q_proj.weight");
  if (!config.legacy || q == map.tensors.end() || q->second.shape.empty()) return;
  if (config.num_heads % 2 != 0) return;
  if (q->second.shape[0] != config.q_size() / 2) return;
  notices.push_back(file + ": " + std::to_string(config.num_heads) + " query heads, but '" +
                    q->first + "' has rows for " + std::to_string(config.num_heads / 2) +
                    "; the tensor's number is used");
  config.num_heads /= 2;
}

/// One release keeps the router norm's old leaf name under a native prefix.
void rename_router_norms(TensorMap& map, const ModelConfig& config, const fs::path& directory) {
  for (std::int64_t i = 0; i < config.num_blocks(); ++i) {
    const std::string gate = "model.layers." + std::to_string(i) + ".mlp.gate.";
    for (const char* leaf : {"rmsnorm_eda.weight", "router_mlp.rmsnorm_eda.weight"}) {
      auto node = map.tensors.extract(gate + leaf);
      if (node.empty()) continue;
      const std::string old_name = node.key();
      node.key() = gate + "router_mlp.norm.weight";
      const auto placed = map.tensors.insert(std::move(node));
      if (!placed.inserted) refuse_second_name(directory, placed.position->first, old_name);
    }
  }
}

/// "; there are pytorch_model.bin, …": files that may contain weights, but under names that are not
/// read.
std::string weights_of_other_kinds(const fs::path& directory) {
  constexpr std::string_view kinds[] = {".safetensors", ".bin", ".pt", ".pth", ".gguf", ".npz"};
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (std::find(std::begin(kinds), std::end(kinds), entry.path().extension()) !=
        std::end(kinds)) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 3); ++i) {
    text += (i == 0 ? "; there are " : ", ") + names[i];
  }
  return text + (names.size() > 3 ? ", …" : "");
}

/// Whether two tensors contain the same numbers in the same shape. Zeros compare equal regardless
/// of sign.
bool same_numbers(const TensorView& a, const TensorView& b) {
  if (a.shape != b.shape) return false;
  if (a.values.type() == b.values.type() &&
      std::memcmp(a.values.bytes(), b.values.bytes(),
                  static_cast<std::size_t>(a.values.size() * size_bytes(a.values.type()))) == 0) {
    return true;
  }
  for (std::int64_t i = 0; i < a.values.size(); ++i) {
    if (a.values[i] != b.values[i]) return false;
  }
  return true;
}

/// A tied head needs no tensor. If one is stored and differs from the embedding, it is the head, as
/// in transformers (docs/oracle-differences.md, row 27).
void untie_other_head(ModelConfig& config, const TensorMap& map, const std::string& file,
                      Notices& notices) {
  const auto head = map.tensors.find("lm_head.weight");
  const auto embedding = map.tensors.find("model.embed_tokens.weight");
  if (!config.tied_head || head == map.tensors.end() || embedding == map.tensors.end()) return;
  if (same_numbers(head->second, embedding->second)) return;
  notices.push_back(file +
                    ": tie_word_embeddings is true or absent, but 'lm_head.weight' differs from "
                    "'model.embed_tokens.weight'; 'lm_head.weight' is used");
  config.tied_head = false;
}

/// Drops stored RoPE frequencies of older files; they follow from rope_theta.
void drop_rotary_tables(TensorMap& map, const fs::path& directory, Notices& notices) {
  const auto dropped = std::erase_if(
      map.tensors, [](const auto& tensor) { return tensor.first.ends_with("inv_freq"); });
  if (dropped == 0) return;
  notices.push_back(directory.string() + ": " +
                    counted(dropped, "tensor 'inv_freq' is", "tensors 'inv_freq' are") +
                    " left alone; the frequencies follow from rope_theta");
}

/// Adds a notice if config.json states another type than the stored tensors, which take precedence.
void note_other_type(const ModelConfig& config, const TensorMap& map, const std::string& file,
                     Notices& notices) {
  const auto embedding = map.tensors.find("model.embed_tokens.weight");
  if (embedding == map.tensors.end()) return;
  const Dtype stored = embedding->second.values.type();
  if (stated_dtype(config).value_or(stored) == stored) return;
  notices.push_back(file + ": key 'dtype' is '" + config.stated_type +
                    "', but the tensors are stored as " + std::string(name(stored)) +
                    " and used as stored");
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

TensorMap load_tensors(const fs::path& directory, ModelConfig& config, Notices& notices) {
  const bool sharded = is_there(directory / index_name);
  if (!sharded && !is_there(directory / single_name)) {
    throw BadInput(directory.string() + ": expected " + single_name + " or " + index_name +
                   ", got neither" + weights_of_other_kinds(directory));
  }
  TensorMap map = sharded ? read_shards(directory, notices)
                          : read_safetensors(directory / single_name, UnknownTypes::unreadable);
  map = to_native(std::move(map), config, directory);
  rename_router_norms(map, config, directory);
  drop_rotary_tables(map, directory, notices);
  const std::string config_file = (directory / "config.json").string();
  correct_heads(config, map, config_file, notices);
  untie_other_head(config, map, config_file, notices);
  note_other_type(config, map, config_file, notices);
  check_config(config, config_file);
  return map;
}

namespace {

/// Drops the tensors of block `blocks` and later.
void drop_layers(TensorMap& map, std::int64_t blocks) {
  constexpr std::string_view prefix = "model.layers.";
  const auto behind = [&](const auto& entry) {
    const std::string& name = entry.first;
    if (!name.starts_with(prefix)) return false;
    std::int64_t block = 0;
    const char* digits = name.data() + prefix.size();
    const auto read = std::from_chars(digits, name.data() + name.size(), block);
    return read.ec == std::errc::result_out_of_range || block >= blocks;
  };
  std::erase_if(map.tensors, behind);
  std::erase_if(map.unreadable, behind);
}

}  // namespace

void require_checkpoint_folder(const fs::path& directory) {
  std::error_code error;
  if (fs::is_directory(directory, error)) return;
  throw BadInput(directory.string() + ": expected a checkpoint directory, got " +
                 (fs::exists(directory, error) ? "a file" : "nothing"));
}

Checkpoint load_checkpoint(const fs::path& directory, std::int64_t layers) {
  require_checkpoint_folder(directory);
  Checkpoint c;
  c.config = read_config(directory / "config.json", &c.notices);
  TensorMap tensors = load_tensors(directory, c.config, c.notices);
  if (layers > 0) {
    keep_layers(c.config, layers, directory.string());
    drop_layers(tensors, layers);
  }
  c.weights = bind_weights(c.config, std::move(tensors), directory.string());
  return c;
}

}  // namespace kernelgate::reference
