#include "reference/config_layouts.hpp"

namespace kernelgate::reference {

namespace {

/// A key with one value in older files, and one value per half-layer in the oldest, where 0 means
/// not applicable. Returns the one nonzero value.
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

void note_difference(const JsonFields& json, const std::string& used, const std::string& used_value,
                     const std::string& other, Notices& notices) {
  notices.push_back(json.file() + ": key '" + used + "' gives " + used_value + " and key '" +
                    other + "' is " + json.shown(other) + "; '" + used + "' is used");
}

/// The number of half-layers. A per-half-layer list takes precedence over the scalar, as in files
/// that have both (model.md, 1.2). All lists must have the same length.
std::int64_t half_layers(const JsonFields& json, Notices& notices) {
  const std::int64_t scalar = json.whole("num_hidden_layers", 2, 2 * max_layers);
  std::string listed;
  std::int64_t halves = scalar;
  for (const char* key : {"cca_num_q_heads", "ffn_hidden_size_list", "num_query_groups",
                          "zaya_mlp_expansion", "num_experts"}) {
    if (!json.is_list(key)) continue;
    const auto values = json.wholes(key, 0, 2 * max_width, NoValue::zero);
    const auto entries = static_cast<std::int64_t>(values.size());
    if (entries > 2 * max_layers) {
      json.refuse(key, "at most " + std::to_string(2 * max_layers) + " entries");
    }
    if (!listed.empty() && entries != halves) {
      json.refuse(key, "as many entries as '" + listed + "' has, which is " +
                           std::to_string(halves) + " (got " + std::to_string(entries) + ")");
    }
    listed = key;
    halves = entries;
  }
  if (halves != scalar) {
    note_difference(json, listed, std::to_string(halves) + " half-layers", "num_hidden_layers",
                    notices);
  }
  return halves;
}

std::int64_t real_heads(const JsonFields& json, Notices& notices) {
  if (!json.has("cca_num_q_heads")) return json.whole("num_attention_heads", 1, max_heads);
  const std::int64_t heads = one_value(json, "cca_num_q_heads", max_heads);
  if (json.has("num_attention_heads") && json.whole("num_attention_heads", 1, max_heads) != heads) {
    note_difference(json, "cca_num_q_heads", std::to_string(heads) + " heads",
                    "num_attention_heads", notices);
  }
  return heads;
}

std::int64_t fused_expert_rows(const JsonFields& json, Notices& notices) {
  const bool listed = json.is_list("ffn_hidden_size_list");
  const std::string key = listed ? "ffn_hidden_size_list" : "ffn_hidden_size";
  const std::int64_t rows = one_value(json, key, 2 * max_width);
  if (listed && json.has("ffn_hidden_size") &&
      one_value(json, "ffn_hidden_size", 2 * max_width) != rows) {
    note_difference(json, key, std::to_string(rows) + " rows", "ffn_hidden_size", notices);
  }
  if (rows % 2 != 0) json.refuse(key, "an even number: gate and up rows together");
  return rows;
}

}  // namespace

ModelConfig legacy_config(const JsonFields& json, Notices& notices) {
  refuse_rope_scaling(json);
  ModelConfig c;
  c.legacy = true;
  c.window_rule = WindowRule::keys_before;
  c.hidden_size = json.whole("hidden_size", 1, max_width);
  c.num_heads = real_heads(json, notices);
  if (!json.is_list("num_query_groups")) {
    json.first_of({"num_query_groups", "num_key_value_heads"}, notices);
  }
  c.num_kv_heads = one_value(json, "num_query_groups", max_heads);
  c.head_dim = json.whole(json.first_of({"head_dim", "kv_channels"}, notices), 1, max_heads);
  c.router_size = one_value(json, "zaya_mlp_expansion", max_width);
  c.num_experts = one_value(json, "num_experts", max_heads);
  c.expert_size = fused_expert_rows(json, notices) / 2;
  c.vocab_size = json.whole("vocab_size", 1, max_vocabulary);
  c.max_positions = json.whole_or("max_position_embeddings", 1, most_positions, 0);
  c.norm_eps = json.positive_or(json.first_of({"norm_epsilon", "rms_norm_eps"}, notices), 1e-5);
  c.tied_head = json.flag_or("tie_word_embeddings", true);
  c.stated_type = stated_type(json, notices);

  const double theta = json.positive(json.first_of({"rope_theta", "rotary_base"}, notices));
  const std::string factor_key = json.first_of({"rope_pct", "partial_rotary_factor"}, notices);
  const double factor = json.positive_or(factor_key, 0.5);
  if (factor > 1) json.refuse(factor_key, "a factor of at most 1");
  const std::int64_t halves = half_layers(json, notices);
  if (halves < 2 || halves % 2 != 0) {
    json.refuse("num_hidden_layers", "an even number: attention and MoE half-layers");
  }
  std::vector<std::int64_t> windows(static_cast<std::size_t>(halves));
  if (json.has("swa_layers")) windows = json.wholes("swa_layers", 0, most_positions, NoValue::zero);
  if (static_cast<std::int64_t>(windows.size()) != halves) {
    json.refuse("swa_layers", std::to_string(halves) + " entries, one per half-layer");
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
