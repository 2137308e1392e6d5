#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "reference/config_layouts.hpp"

namespace kernelgate::reference {

namespace {

constexpr const char* layer_types[] = {"hybrid", "hybrid_sliding"};

/// RoPE keys: one object per layer type, as transformers writes it, or one object for all layers. A
/// layer type's object takes precedence over keys beside it, which transformers ignores
/// (docs/oracle-differences.md, row 26).
JsonFields rope_fields(const JsonFields& json, const std::string& layer_type) {
  const JsonFields all = json.object("rope_parameters");
  const bool per_type = std::any_of(std::begin(layer_types), std::end(layer_types),
                                    [&](const char* type) { return all.has(type); });
  return per_type ? all.object(layer_type) : all;
}

/// Adds notices for keys beside the per-layer-type objects that differ from an object in use.
void note_outer_rope(const JsonFields& json, const std::string& layer_type, Notices& notices) {
  const JsonFields all = json.object("rope_parameters");
  if (!all.is_object(layer_type)) return;
  const JsonFields rope = all.object(layer_type);
  for (const char* key : {"rope_theta", "partial_rotary_factor", "rope_type", "type"}) {
    if (!all.has(key) || all.same(key, rope, key)) continue;
    if (all.shown(key) == "\"default\"" && !rope.has(key)) continue;  // absent means default
    notices.push_back(json.file() + ": key '" + all.path_of(key) + "' is " + all.shown(key) +
                      " and key '" + rope.path_of(key) + "' is " + rope.shown(key) + "; '" +
                      all.path_of(layer_type) + "' alone is used");
  }
}

BlockConfig rope_of(const JsonFields& json, const std::string& layer_type, std::int64_t head_dim,
                    Notices& notices) {
  const JsonFields rope = rope_fields(json, layer_type);
  const std::string type_key = rope.first_of({"rope_type", "type"}, notices);
  if (rope.has(type_key) && rope.text(type_key) != "default") rope.refuse(type_key, "'default'");
  // Without the factor the whole head rotates. A key outside rope_parameters is ignored
  // (docs/oracle-differences.md, row 12).
  const double factor = rope.positive_or("partial_rotary_factor", 1.0);
  if (factor > 1) rope.refuse("partial_rotary_factor", "a factor of at most 1");
  return {.window = 0,
          .theta = rope.positive("rope_theta"),
          .rotary_dims = rotary_dims(head_dim, factor)};
}

/// Adds notices for ignored keys that a converted file may still have: keys of the older layout,
/// and RoPE keys outside rope_parameters. Only a key that differs from the value in use adds a
/// notice.
void note_older_keys(const JsonFields& json, const ModelConfig& c, Notices& notices) {
  for (const auto& [key, older] : {std::pair{"num_key_value_heads", "num_query_groups"},
                                   {"head_dim", "kv_channels"},
                                   {"rms_norm_eps", "norm_epsilon"},
                                   {"router_hidden_size", "zaya_mlp_expansion"},
                                   {"num_experts_per_tok", "moe_router_topk"}}) {
    json.first_of({key, older}, notices);
  }
  const BlockConfig& first = c.blocks.front();
  const double factor = static_cast<double>(first.rotary_dims) / static_cast<double>(c.head_dim);
  const auto fused = static_cast<double>(2 * c.expert_size);
  const std::pair<const char*, double> used[] = {
      {"rope_theta", first.theta}, {"rotary_base", first.theta},
      {"rope_pct", factor},        {"partial_rotary_factor", factor},
      {"ffn_hidden_size", fused},  {"cca_num_q_heads", static_cast<double>(c.num_heads)}};
  for (const auto& [key, value] : used) {
    if (!json.has(key) || json.states(key, value)) continue;
    notices.push_back(json.file() + ": key '" + key + "' is " + json.shown(key) +
                      ", which a file with native keys does not use");
  }
  if (json.has("swa_layers")) {
    notices.push_back(json.file() +
                      ": key 'swa_layers' is not used; 'layer_types' and "
                      "'sliding_window' are");
  }
}

}  // namespace

ModelConfig native_config(const JsonFields& json, Notices& notices) {
  ModelConfig c;
  refuse_rope_scaling(json);
  c.hidden_size = json.whole("hidden_size", 1, max_width);
  c.num_heads = json.whole("num_attention_heads", 1, max_heads);
  c.num_kv_heads = json.whole("num_key_value_heads", 1, max_heads);
  c.head_dim = json.whole("head_dim", 1, max_heads);
  c.router_size = json.whole("router_hidden_size", 1, max_width);
  c.num_experts = json.whole("num_experts", 1, max_heads);
  c.expert_size = json.whole("moe_intermediate_size", 1, max_width);
  c.vocab_size = json.whole("vocab_size", 1, max_vocabulary);
  c.max_positions = json.whole_or("max_position_embeddings", 1, most_positions, 0);
  c.norm_eps = json.positive_or("rms_norm_eps", 1e-5);
  c.tied_head = json.flag_or("tie_word_embeddings", true);
  c.stated_type = stated_type(json, notices);

  const std::int64_t count = json.whole("num_hidden_layers", 1, max_layers);
  std::vector<std::string> types(static_cast<std::size_t>(count), "hybrid");
  if (json.has("layer_types")) types = json.texts("layer_types");
  if (static_cast<std::int64_t>(types.size()) != count) {
    json.refuse("layer_types", "num_hidden_layers = " + std::to_string(count) + " entries");
  }
  std::map<std::string, BlockConfig> block_of;
  for (const std::string& type : types) {
    if (std::find(std::begin(layer_types), std::end(layer_types), type) == std::end(layer_types)) {
      json.refuse("layer_types", "entries 'hybrid' or 'hybrid_sliding'");
    }
    if (!block_of.contains(type)) {
      BlockConfig block = rope_of(json, type, c.head_dim, notices);
      note_outer_rope(json, type, notices);
      if (type == "hybrid_sliding") block.window = json.whole("sliding_window", 1, most_positions);
      block_of[type] = block;
    }
    c.blocks.push_back(block_of[type]);
  }
  note_older_keys(json, c, notices);
  return c;
}

}  // namespace kernelgate::reference
