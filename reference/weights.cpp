#include "reference/weights.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "harness/core/error.hpp"

namespace kernelgate::reference {

namespace {

std::string text_of(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  }
  return text + "]";
}

/// Index of the first NaN or infinity.
std::optional<std::int64_t> first_non_finite(const Values& values) {
  constexpr std::int64_t piece = 1 << 16;
  std::int64_t first = values.size();
#pragma omp parallel for schedule(static) reduction(min : first) if (first > 4 * piece)
  for (std::int64_t begin = 0; begin < values.size(); begin += piece) {
    const std::int64_t end = std::min(begin + piece, values.size());
    for (std::int64_t i = begin; i < end && begin < first; ++i) {
      if (!std::isfinite(values[i])) first = std::min(first, i);
    }
  }
  if (first < values.size()) return first;
  return std::nullopt;
}

/// Returns tensors by name and checks each one.
class Binder {
 public:
  Binder(TensorMap& map, std::string source) : map_(map), source_(std::move(source)) {}

  Values take(const std::string& name, const std::vector<std::int64_t>& shape) {
    const auto found = map_.tensors.find(name);
    if (found == map_.tensors.end()) {
      throw BadInput(source_ + ": expected a tensor '" + name + "' of shape " + text_of(shape) +
                     ", got none of that name" + why_absent(name));
    }
    taken_.insert(name);
    const TensorView& tensor = found->second;
    if (tensor.shape != shape) {
      throw BadInput(source_ + ": tensor '" + name + "': expected shape " + text_of(shape) +
                     ", got " + text_of(tensor.shape));
    }
    if (!is_floating(tensor.values.type())) {
      throw BadInput(source_ + ": tensor '" + name + "': expected floating-point numbers, got " +
                     std::string(kernelgate::name(tensor.values.type())));
    }
    if (const auto at = first_non_finite(tensor.values)) {
      throw BadInput(source_ + ": tensor '" + name + "': expected finite numbers, got " +
                     std::to_string(tensor.values[*at]) + " at index " + std::to_string(*at));
    }
    return tensor.values;
  }

  bool has(const std::string& name) const { return map_.tensors.contains(name); }

  void refuse_rest(const std::set<std::string>& ignored) const {
    for (const auto& [name, tensor] : map_.tensors) {
      if (taken_.contains(name) || ignored.contains(name)) continue;
      throw BadInput(source_ + ": tensor '" + name + "' of shape " + text_of(tensor.shape) +
                     " has no place in a model of this config");
    }
    for (const auto& [name, reason] : map_.unreadable) {
      throw BadInput(source_ + ": tensor '" + name + "' has no place in a model of this config; " +
                     reason);
    }
  }

 private:
  std::string why_absent(const std::string& name) const {
    for (const auto* absent : {&map_.unreadable, &map_.unlisted}) {
      const auto found = absent->find(name);
      if (found != absent->end()) return " that can be read: " + found->second;
    }
    return {};
  }

  TensorMap& map_;
  std::string source_;
  std::set<std::string> taken_;
};

ResidualScales take_scales(Binder& from, const std::string& prefix, std::int64_t h) {
  return {from.take(prefix + "hidden_states_scale", {h}),
          from.take(prefix + "hidden_states_bias", {h}), from.take(prefix + "residual_scale", {h}),
          from.take(prefix + "residual_bias", {h})};
}

RouterWeights take_router(Binder& from, const std::string& gate, const ModelConfig& c, bool first) {
  const std::int64_t r = c.router_size;
  const std::string mlp = gate + "router_mlp.";
  RouterWeights w;
  w.down = from.take(gate + "down_proj.weight", {r, c.hidden_size});
  w.down_bias = from.take(gate + "down_proj.bias", {r});
  if (!first) w.eda = from.take(gate + "router_states_scale", {r});
  w.norm = from.take(mlp + "norm.weight", {r});
  w.fc1 = from.take(mlp + "fc1.weight", {r, r});
  w.fc1_bias = from.take(mlp + "fc1.bias", {r});
  w.fc2 = from.take(mlp + "fc2.weight", {r, r});
  w.fc2_bias = from.take(mlp + "fc2.bias", {r});
  w.out = from.take(mlp + "out_proj.weight", {c.num_experts + 1, r});
  w.balancing_bias = from.take(gate + "balancing_biases", {c.num_experts + 1});
  return w;
}

/// Slices of the stacked tensor, or one tensor per expert.
std::vector<Values> take_experts(Binder& from, const std::string& prefix, const std::string& leaf,
                                 std::int64_t experts, std::int64_t rows, std::int64_t columns) {
  std::vector<Values> all;
  if (from.has(prefix + "0." + leaf)) {
    for (std::int64_t e = 0; e < experts; ++e) {
      all.push_back(from.take(prefix + std::to_string(e) + "." + leaf, {rows, columns}));
    }
    return all;
  }
  const Values stacked = from.take(prefix + leaf, {experts, rows, columns});
  for (std::int64_t e = 0; e < experts; ++e) all.push_back(stacked.row(e, rows * columns));
  return all;
}

BlockWeights take_block(Binder& from, const ModelConfig& c, std::int64_t i) {
  const std::string block = "model.layers." + std::to_string(i) + ".";
  const std::string qkv = block + "self_attn.qkv_proj.", experts = block + "mlp.experts.";
  const std::int64_t h = c.hidden_size, channels = c.channels();
  BlockWeights w;
  w.input_norm = from.take(block + "input_layernorm.weight", {h});
  w.q = from.take(qkv + "q_proj.weight", {c.q_size(), h});
  w.k = from.take(qkv + "k_proj.weight", {c.kv_size(), h});
  w.v_current = from.take(qkv + "v_proj_current.weight", {c.lag_width(), h});
  w.v_delayed = from.take(qkv + "v_proj_delayed.weight", {c.lag_width(), h});
  w.mixing.depthwise = from.take(qkv + "conv_qk_depthwise.weight", {channels, 1, 2});
  w.mixing.depthwise_bias = from.take(qkv + "conv_qk_depthwise.bias", {channels});
  w.mixing.grouped = from.take(qkv + "conv_qk_grouped.weight", {channels, c.head_dim, 2});
  w.mixing.grouped_bias = from.take(qkv + "conv_qk_grouped.bias", {channels});
  w.mixing.temperature = from.take(block + "self_attn.qk_norm.temp", {c.num_kv_heads});
  w.o = from.take(block + "self_attn.o_proj.weight", {h, c.q_size()});
  w.post_attention = take_scales(from, block + "post_attention_residual_scale.", h);
  w.post_attention_norm = from.take(block + "post_attention_layernorm.weight", {h});
  w.router = take_router(from, block + "mlp.gate.", c, i == 0);
  const auto gate_up =
      take_experts(from, experts, "gate_up_proj", c.num_experts, 2 * c.expert_size, h);
  const auto down = take_experts(from, experts, "down_proj", c.num_experts, h, c.expert_size);
  for (std::size_t e = 0; e < gate_up.size(); ++e) w.experts.push_back({gate_up[e], down[e]});
  w.post_mlp = take_scales(from, block + "post_mlp_residual_scale.", h);
  return w;
}

}  // namespace

Weights bind_weights(const ModelConfig& c, TensorMap tensors, const std::string& source) {
  Binder from(tensors, source);
  Weights w;
  w.embedding = from.take("model.embed_tokens.weight", {c.vocab_size, c.hidden_size});
  w.input_scale = from.take("model.input_hidden_states_scale", {c.hidden_size});
  w.input_bias = from.take("model.input_hidden_states_bias", {c.hidden_size});
  for (std::int64_t i = 0; i < c.num_blocks(); ++i) w.blocks.push_back(take_block(from, c, i));
  w.final_norm = from.take("model.norm.weight", {c.hidden_size});
  w.head = c.tied_head ? w.embedding : from.take("lm_head.weight", {c.vocab_size, c.hidden_size});
  from.refuse_rest(c.tied_head ? std::set<std::string>{"lm_head.weight"} : std::set<std::string>{});
  w.owners = std::move(tensors.owners);
  return w;
}

}  // namespace kernelgate::reference
