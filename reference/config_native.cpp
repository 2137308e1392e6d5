#include "reference/config_layouts.hpp"

namespace kernelgate::reference {

namespace {

/// rope_parameters holds one object a layer type, or one for all.
BlockConfig rope_of(const JsonFields& json, const std::string& layer_type, std::int64_t head_dim) {
  const JsonFields all = json.object("rope_parameters");
  const JsonFields rope = all.has("rope_theta") ? all : all.object(layer_type);
  if (rope.has("rope_type") && rope.text("rope_type") != "default") {
    rope.refuse("rope_type", "'default'");
  }
  // Without the factor all of the head rotates, and a key outside rope_parameters does not count
  // (docs/oracle-differences.md, row 12).
  const double factor = rope.positive_or("partial_rotary_factor", 1.0);
  if (factor > 1) rope.refuse("partial_rotary_factor", "a factor of at most 1");
  return {.window = 0,
          .theta = rope.positive("rope_theta"),
          .rotary_dims = rotary_dims(head_dim, factor)};
}

}  // namespace

ModelConfig native_config(const JsonFields& json) {
  ModelConfig c;
  c.hidden_size = json.whole("hidden_size", 1, most_width);
  c.num_heads = json.whole("num_attention_heads", 1, most_heads);
  c.num_kv_heads = json.whole("num_key_value_heads", 1, most_heads);
  c.head_dim = json.whole("head_dim", 1, most_heads);
  c.router_size = json.whole("router_hidden_size", 1, most_width);
  c.num_experts = json.whole("num_experts", 1, most_heads);
  c.expert_size = json.whole("moe_intermediate_size", 1, most_width);
  c.vocab_size = json.whole("vocab_size", 1, most_vocabulary);
  c.max_positions = json.whole_or("max_position_embeddings", 1, most_positions, 0);
  c.norm_eps = json.positive_or("rms_norm_eps", 1e-5);
  c.tied_head = json.flag_or("tie_word_embeddings", true);

  const std::int64_t count = json.whole("num_hidden_layers", 1, most_layers);
  std::vector<std::string> types(static_cast<std::size_t>(count), "hybrid");
  if (json.has("layer_types")) types = json.texts("layer_types");
  if (static_cast<std::int64_t>(types.size()) != count) {
    json.refuse("layer_types", "num_hidden_layers = " + std::to_string(count) + " entries");
  }
  for (const std::string& type : types) {
    if (type != "hybrid" && type != "hybrid_sliding") {
      json.refuse("layer_types", "entries 'hybrid' or 'hybrid_sliding'");
    }
    BlockConfig block = rope_of(json, type, c.head_dim);
    if (type == "hybrid_sliding") block.window = json.whole("sliding_window", 1, most_positions);
    c.blocks.push_back(block);
  }
  return c;
}

}  // namespace kernelgate::reference
