#include "reference/weights.hpp"

namespace kernelgate::reference {

namespace {

void add_scales(std::vector<TensorName>& all, const std::string& prefix, std::int64_t width) {
  for (const char* leaf :
       {"hidden_states_scale", "hidden_states_bias", "residual_scale", "residual_bias"}) {
    all.push_back({prefix + leaf, {width}});
  }
}

void add_attention(std::vector<TensorName>& all, const std::string& block, const ModelConfig& c) {
  const std::string qkv = block + "self_attn.qkv_proj.";
  const std::int64_t h = c.hidden_size, channels = c.channels();
  all.push_back({block + "input_layernorm.weight", {h}});
  all.push_back({qkv + "q_proj.weight", {c.q_size(), h}});
  all.push_back({qkv + "k_proj.weight", {c.kv_size(), h}});
  all.push_back({qkv + "v_proj_current.weight", {c.lag_width(), h}});
  all.push_back({qkv + "v_proj_delayed.weight", {c.lag_width(), h}});
  all.push_back({qkv + "conv_qk_depthwise.weight", {channels, 1, 2}});
  all.push_back({qkv + "conv_qk_depthwise.bias", {channels}});
  all.push_back({qkv + "conv_qk_grouped.weight", {channels, c.head_dim, 2}});
  all.push_back({qkv + "conv_qk_grouped.bias", {channels}});
  all.push_back({block + "self_attn.qk_norm.temp", {c.num_kv_heads}});
  all.push_back({block + "self_attn.o_proj.weight", {h, c.q_size()}});
}

void add_router(std::vector<TensorName>& all, const std::string& gate, const ModelConfig& c,
                bool first) {
  const std::int64_t r = c.router_size;
  const std::string mlp = gate + "router_mlp.";
  all.push_back({gate + "down_proj.weight", {r, c.hidden_size}});
  all.push_back({gate + "down_proj.bias", {r}});
  if (!first) all.push_back({gate + "router_states_scale", {r}});
  all.push_back({mlp + "norm.weight", {r}});
  all.push_back({mlp + "fc1.weight", {r, r}});
  all.push_back({mlp + "fc1.bias", {r}});
  all.push_back({mlp + "fc2.weight", {r, r}});
  all.push_back({mlp + "fc2.bias", {r}});
  all.push_back({mlp + "out_proj.weight", {c.num_experts + 1, r}});
  all.push_back({gate + "balancing_biases", {c.num_experts + 1}});
}

}  // namespace

std::vector<TensorName> tensor_names(const ModelConfig& c) {
  const std::int64_t h = c.hidden_size;
  std::vector<TensorName> all = {{"model.embed_tokens.weight", {c.vocab_size, h}},
                                 {"model.input_hidden_states_scale", {h}},
                                 {"model.input_hidden_states_bias", {h}}};
  for (std::int64_t i = 0; i < c.num_blocks(); ++i) {
    const std::string block = "model.layers." + std::to_string(i) + ".";
    add_attention(all, block, c);
    add_scales(all, block + "post_attention_residual_scale.", h);
    all.push_back({block + "post_attention_layernorm.weight", {h}});
    add_router(all, block + "mlp.gate.", c, i == 0);
    all.push_back({block + "mlp.experts.gate_up_proj", {c.num_experts, 2 * c.expert_size, h}});
    all.push_back({block + "mlp.experts.down_proj", {c.num_experts, h, c.expert_size}});
    add_scales(all, block + "post_mlp_residual_scale.", h);
  }
  all.push_back({"model.norm.weight", {h}});
  if (!c.tied_head) all.push_back({"lm_head.weight", {c.vocab_size, h}});
  return all;
}

}  // namespace kernelgate::reference
