#include "reference/config_layouts.hpp"

namespace kernelgate::reference {

namespace {

/// A key that older files give once and the oldest give once a half-layer, 0 where it means
/// nothing: the one value that is not 0.
std::int64_t one_value(const JsonFields& json, const std::string& key, std::int64_t most) {
  if (!json.is_list(key)) return json.whole(key, 1, most);
  std::int64_t value = 0;
  for (const std::int64_t entry : json.wholes(key, 0, most, NoValue::zero)) {
    if (entry == 0) continue;
    if (value != 0 && entry != value)
      json.refuse(key, "the same value in every layer that has one");
    value = entry;
  }
  if (value == 0) json.refuse(key, "at least one value above 0");
  return value;
}

/// The number of half-layers: a per-layer list counts where it disagrees with the scalar.
std::int64_t half_layers(const JsonFields& json) {
  const std::int64_t scalar = json.whole("num_hidden_layers", 2, 2 * most_layers);
  for (const char* key : {"cca_num_q_heads", "ffn_hidden_size_list"}) {
    if (!json.is_list(key)) continue;
    const auto values = json.wholes(key, 0, 2 * most_width, NoValue::zero);
    const auto entries = static_cast<std::int64_t>(values.size());
    if (entries > 2 * most_layers) {
      json.refuse(key, "at most " + std::to_string(2 * most_layers) + " entries");
    }
    return entries;
  }
  return scalar;
}

std::int64_t real_heads(const JsonFields& json) {
  if (json.has("cca_num_q_heads")) return one_value(json, "cca_num_q_heads", most_heads);
  return json.whole("num_attention_heads", 1, most_heads);
}

std::int64_t fused_expert_rows(const JsonFields& json) {
  const bool listed = json.is_list("ffn_hidden_size_list");
  const std::string key = listed ? "ffn_hidden_size_list" : "ffn_hidden_size";
  const std::int64_t rows = one_value(json, key, 2 * most_width);
  if (rows % 2 != 0) json.refuse(key, "an even number: gate and up rows together");
  return rows;
}

void refuse_rope_scaling(const JsonFields& json) {
  if (!json.has("rope_scaling")) return;
  if (json.flag_or("rope_scaling", false)) json.refuse("rope_scaling", "false");
}

}  // namespace

ModelConfig legacy_config(const JsonFields& json) {
  refuse_rope_scaling(json);
  ModelConfig c;
  c.legacy = true;
  c.window_rule = WindowRule::keys_before;
  c.hidden_size = json.whole("hidden_size", 1, most_width);
  c.num_heads = real_heads(json);
  c.num_kv_heads = one_value(json, "num_query_groups", most_heads);
  c.head_dim = json.whole(json.has("head_dim") ? "head_dim" : "kv_channels", 1, most_heads);
  c.router_size = one_value(json, "zaya_mlp_expansion", most_width);
  c.num_experts = one_value(json, "num_experts", most_heads);
  c.expert_size = fused_expert_rows(json) / 2;
  c.vocab_size = json.whole("vocab_size", 1, most_vocabulary);
  c.max_positions = json.whole_or("max_position_embeddings", 1, most_positions, 0);
  c.norm_eps = json.positive_or("norm_epsilon", 1e-5);
  c.tied_head = json.flag_or("tie_word_embeddings", true);

  const double theta = json.positive(json.has("rope_theta") ? "rope_theta" : "rotary_base");
  const char* factor_key = json.has("rope_pct") ? "rope_pct" : "partial_rotary_factor";
  const double factor = json.positive_or(factor_key, 0.5);
  if (factor > 1) json.refuse(factor_key, "a factor of at most 1");
  const std::int64_t halves = half_layers(json);
  if (halves < 2 || halves % 2 != 0) {
    json.refuse("num_hidden_layers", "an even number: attention and MoE half-layers");
  }
  std::vector<std::int64_t> windows(static_cast<std::size_t>(halves));
  if (json.has("swa_layers")) windows = json.wholes("swa_layers", 0, most_positions, NoValue::zero);
  if (static_cast<std::int64_t>(windows.size()) != halves) {
    json.refuse("swa_layers", std::to_string(halves) + " entries, one a half-layer");
  }
  for (std::size_t half = 0; half < windows.size(); half += 2) {
    const bool sliding = windows[half] != 0;
    c.blocks.push_back({.window = windows[half],
                        .theta = sliding ? json.positive_or("swa_rotary_base", theta) : theta,
                        .rotary_dims = rotary_dims(c.head_dim, factor)});
  }
  return c;
}

}  // namespace kernelgate::reference
