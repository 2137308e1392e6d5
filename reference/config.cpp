#include "reference/config.hpp"

#include <fstream>
#include <sstream>
#include <utility>

#include "harness/core/error.hpp"
#include "reference/config_layouts.hpp"
#include "reference/json_fields.hpp"

namespace kernelgate::reference {

std::int64_t rotary_dims(std::int64_t head_dim, double factor) {
  return static_cast<std::int64_t>(static_cast<double>(head_dim) * factor);
}

std::string stated_type(const JsonFields& json, Notices& notices) {
  const std::string key = json.first_of({"dtype", "torch_dtype"}, notices);
  return json.has(key) ? json.text(key) : std::string();
}

void refuse_rope_scaling(const JsonFields& json) {
  if (!json.has("rope_scaling")) return;
  const std::string expected = "false, or an object of rope_type 'default'";
  if (json.is_object("rope_scaling")) {
    Notices none;
    const JsonFields scaling = json.object("rope_scaling");
    const std::string type = scaling.first_of({"rope_type", "type"}, none);
    if (!none.empty() || !scaling.has(type) || scaling.text(type) != "default") {
      json.refuse("rope_scaling", expected);
    }
  } else if (json.flag_or("rope_scaling", false)) {
    json.refuse("rope_scaling", expected);
  }
}

std::optional<Dtype> stated_dtype(const ModelConfig& config) {
  constexpr std::pair<std::string_view, Dtype> names[] = {{"float32", Dtype::f32},
                                                          {"bfloat16", Dtype::bf16},
                                                          {"float16", Dtype::f16},
                                                          {"float64", Dtype::f64}};
  for (const auto& [name, type] : names) {
    if (config.stated_type == name) return type;
  }
  return std::nullopt;
}

void refuse_other_architectures(const JsonFields& json) {
  const auto only = [&](const char* key, std::int64_t value) {
    if (json.whole_or(key, 0, max_width, value) != value) {
      json.refuse(key, std::to_string(value));
    }
  };
  const auto only_flag = [&](const char* key, bool value) {
    if (json.flag_or(key, value) != value) json.refuse(key, value ? "true" : "false");
  };
  const auto only_text = [&](const char* key, const char* value) {
    if (json.has(key) && json.text(key) != value) json.refuse(key, "'" + std::string(value) + "'");
  };
  only("num_experts_per_tok", 1);
  only("moe_router_topk", 1);
  only("cca_time0", 2);
  only("cca_time1", 2);
  for (const char* key : {"attention_bias", "lm_head_bias", "add_bias_linear", "clamp_temp"}) {
    only_flag(key, false);
  }
  for (const char* key :
       {"cca", "gated_linear_unit", "zaya_use_mod", "zaya_use_eda", "scale_residual_merge"}) {
    only_flag(key, true);
  }
  only_text("hidden_act", "silu");
  only_text("activation_func", "swiglu");
  only_text("model_type", "zaya");
}

void check_config(const ModelConfig& c, const std::string& file) {
  const auto refuse = [&](const std::string& what) { throw BadInput(file + ": " + what); };
  const auto text = [](std::int64_t n) { return std::to_string(n); };
  if (c.blocks.empty()) refuse("expected at least one block, got none");
  if (c.num_heads % c.num_kv_heads != 0) {
    refuse("expected a number of heads that the key-value heads divide, got " + text(c.num_heads) +
           " heads and " + text(c.num_kv_heads) + " key-value heads");
  }
  if (c.kv_size() % 2 != 0) {
    refuse("expected an even width of all values (half current, half delayed), got " +
           text(c.kv_size()));
  }
  for (const BlockConfig& b : c.blocks) {
    if (b.rotary_dims < 2 || b.rotary_dims % 2 != 0 || b.rotary_dims > c.head_dim) {
      refuse("expected an even number of rotary dims from 2 to head_dim " + text(c.head_dim) +
             ", got " + text(b.rotary_dims));
    }
  }
}

ModelConfig parse_config(std::string_view text, const std::string& file, Notices* notices) {
  const nlohmann::json parsed = parse_json(text, file);
  const JsonFields json(parsed, file);
  refuse_other_architectures(json);
  const bool native = json.has("router_hidden_size") && json.has("moe_intermediate_size");
  const bool legacy = json.has("zaya_mlp_expansion");
  if (!native && !legacy) {
    json.refuse("router_hidden_size", "a whole number (or zaya_mlp_expansion, the older layout)");
  }
  Notices unread;
  Notices& all = notices == nullptr ? unread : *notices;
  const ModelConfig config = native ? native_config(json, all) : legacy_config(json, all);
  check_config(config, file);
  return config;
}

ModelConfig read_config(const std::filesystem::path& file, Notices* notices) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) throw BadInput(file.string() + ": cannot be read: " + error.message());
  if (size > (1U << 24)) throw BadInput(file.string() + ": expected a config of at most 16 MiB");
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw BadInput(file.string() + ": cannot be read");
  return parse_config(text.str(), file.string(), notices);
}

void keep_layers(ModelConfig& config, std::int64_t layers, std::string_view source) {
  if (layers == 0) return;
  if (layers > config.num_blocks()) {
    throw BadInput(std::string(source) + ": expected at most " +
                   std::to_string(config.num_blocks()) + " layers, got " + std::to_string(layers));
  }
  config.blocks.resize(static_cast<std::size_t>(layers));
}

}  // namespace kernelgate::reference
