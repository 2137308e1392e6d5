#include "reference/legacy_names.hpp"

#include <charconv>
#include <optional>

namespace kernelgate::reference {

namespace {

struct Renaming {
  std::string_view legacy, native;
};

constexpr Renaming attention_names[] = {
    {"input_norm.", "input_layernorm."},
    {"self_attn.qkv.linear_q.", "self_attn.qkv_proj.q_proj."},
    {"self_attn.qkv.linear_k.", "self_attn.qkv_proj.k_proj."},
    {"self_attn.qkv.val_proj1.", "self_attn.qkv_proj.v_proj_current."},
    {"self_attn.qkv.val_proj2.", "self_attn.qkv_proj.v_proj_delayed."},
    {"self_attn.qkv.conv_qk.0.", "self_attn.qkv_proj.conv_qk_depthwise."},
    {"self_attn.qkv.conv_qk.1.", "self_attn.qkv_proj.conv_qk_grouped."},
    {"self_attn.qkv.temp", "self_attn.qk_norm.temp"},
    {"self_attn.o_proj.", "self_attn.o_proj."}};

constexpr Renaming router_names[] = {{"down_proj.", "down_proj."},
                                     {"rmsnorm_eda.", "router_mlp.norm."},
                                     {"router_mlp.0.", "router_mlp.fc1."},
                                     {"router_mlp.2.", "router_mlp.fc2."},
                                     {"router_mlp.4.", "router_mlp.out_proj."},
                                     {"router_states_scale", "router_states_scale"},
                                     {"balancing_biases", "balancing_biases"}};

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// A whole number followed by a dot.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != '.') return std::nullopt;
  if (number < 0 || number > (std::int64_t{1} << 32)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

template <std::size_t n>
std::optional<std::string> renamed(std::string_view name, const Renaming (&table)[n]) {
  for (const Renaming& r : table) {
    if (name.starts_with(r.legacy)) {
      return std::string(r.native) + std::string(name.substr(r.legacy.size()));
    }
  }
  return std::nullopt;
}

std::string block_prefix(std::int64_t block) {
  return "model.layers." + std::to_string(block) + ".";
}

std::optional<std::string> residual_name(std::int64_t half, std::string_view leaf) {
  if (half == 0) {
    if (!leaf.starts_with("hidden_states_")) return std::nullopt;
    return "model.input_" + std::string(leaf);
  }
  const bool after_attention = half % 2 == 1;
  return block_prefix(after_attention ? half / 2 : half / 2 - 1) +
         (after_attention ? "post_attention_residual_scale." : "post_mlp_residual_scale.") +
         std::string(leaf);
}

std::optional<std::string> moe_name(std::string_view name) {
  if (take_prefix(name, "input_norm.")) return "post_attention_layernorm." + std::string(name);
  if (!take_prefix(name, "zaya_block.") && !take_prefix(name, "smoe_block.")) return std::nullopt;
  if (take_prefix(name, "router.")) {
    const auto leaf = renamed(name, router_names);
    return leaf ? std::optional("mlp.gate." + *leaf) : std::nullopt;
  }
  if (!take_prefix(name, "experts.local_experts.")) return std::nullopt;
  const auto expert = take_number(name);
  if (!expert) return std::nullopt;
  const std::string prefix = "mlp.experts." + std::to_string(*expert) + ".";
  if (name == "linear_fc1.weight") return prefix + "gate_up_proj";
  if (name == "linear_fc2.weight") return prefix + "down_proj";
  return std::nullopt;
}

std::optional<std::string> half_layer_name(std::string_view name) {
  const auto half = take_number(name);
  if (!half) return std::nullopt;
  if (take_prefix(name, "res_scale.")) return residual_name(*half, name);
  const auto leaf = *half % 2 == 0 ? renamed(name, attention_names) : moe_name(name);
  return leaf ? std::optional(block_prefix(*half / 2) + *leaf) : std::nullopt;
}

}  // namespace

bool is_legacy_name(std::string_view name) {
  return name == "model.final_norm.weight" || name.ends_with(".input_norm.weight");
}

std::string native_name(std::string_view legacy, std::int64_t blocks) {
  std::string_view rest = legacy;
  if (rest == "model.final_norm.weight") return "model.norm.weight";
  if (take_prefix(rest, "model.res_scale.")) {
    return block_prefix(blocks - 1) + "post_mlp_residual_scale." + std::string(rest);
  }
  if (take_prefix(rest, "model.layers.")) {
    if (const auto name = half_layer_name(rest)) return *name;
  }
  return std::string(legacy);
}

}  // namespace kernelgate::reference
