#include "reference/synthetic.hpp"

#include <cmath>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/random.hpp"

namespace kernelgate::reference {

namespace {

/// First rule whose text ends or occurs in the name.
struct Rule {
  std::string_view part;
  SyntheticRange range;
};

constexpr Rule rules[] = {{"embed_tokens.weight", {1, 0}},
                          {"lm_head.weight", {1, 0}},
                          {"router_mlp.norm.weight", {0.25, 1}},
                          {"layernorm.weight", {0.25, 1}},
                          {"model.norm.weight", {0.25, 1}},
                          {"router_states_scale", {0.5, 1}},
                          {"hidden_states_scale", {0.25, 1}},
                          {"residual_scale.residual_scale", {0.25, 1}},
                          {"hidden_states_bias", {0.0625, 0}},
                          {"residual_scale.residual_bias", {0.0625, 0}},
                          {"conv_qk_depthwise.weight", {1, 0}},
                          {"qk_norm.temp", {0.5, 1}},
                          {"fc1.weight", {0.5, 0}},
                          {"fc2.weight", {0.5, 0}},
                          {"out_proj.weight", {1, 0}}};

/// Length of the sum that a matrix takes part in; 0 for vectors and the depthwise conv.
std::int64_t reduction_length(const TensorName& t) {
  if (t.shape.size() < 2 || t.name.ends_with("conv_qk_depthwise.weight")) return 0;
  if (t.name.ends_with("conv_qk_grouped.weight")) return t.shape[1] * t.shape[2];
  return t.shape.back();
}

}  // namespace

float synthetic_value(std::string_view name, std::int64_t index, double scale, double off) {
  const std::uint64_t word = word_at(fnv1a64(name), static_cast<std::uint64_t>(index));
  const auto m = static_cast<double>(word >> 40);
  return static_cast<float>(off + scale * (m - 8388608) / 8388608);
}

SyntheticRange synthetic_range(const TensorName& tensor, bool widened) {
  SyntheticRange range{0.25, 0};
  for (const Rule& rule : rules) {
    if (tensor.name.find(rule.part) == std::string::npos) continue;
    range = rule.range;
    break;
  }
  const std::int64_t length = reduction_length(tensor);
  if (!widened || length == 0) return range;
  static const std::vector<TensorName> narrow = tensor_names(*named_config("t0"));
  // Blocks of one model are alike: the last of T0 has every tensor that any block has.
  std::string twin = tensor.name;
  if (twin.starts_with("model.layers.")) {
    twin = "model.layers.1" + twin.substr(twin.find('.', std::string("model.layers.").size()));
  }
  if (twin == "lm_head.weight") twin = "model.embed_tokens.weight";
  for (const TensorName& t : narrow) {
    if (t.name != twin) continue;
    range.scale *=
        std::sqrt(static_cast<double>(reduction_length(t)) / static_cast<double>(length));
  }
  return range;
}

TensorMap synthetic_tensors(const ModelConfig& config, bool widened) {
  TensorMap map;
  for (const TensorName& tensor : tensor_names(config)) {
    std::int64_t count = 1;
    for (const std::int64_t extent : tensor.shape) count *= extent;
    const SyntheticRange range = synthetic_range(tensor, widened);
    auto numbers = std::make_shared<std::vector<float>>();
    numbers->reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      numbers->push_back(synthetic_value(tensor.name, i, range.scale, range.off));
    }
    map.tensors[tensor.name] = {tensor.shape, Values(*numbers)};
    map.owners.push_back(std::move(numbers));
  }
  return map;
}

SyntheticModel synthetic_model(std::string_view name) {
  const auto config = named_config(name);
  if (!config) {
    std::string known;
    for (const std::string& n : config_names()) known += " " + n;
    throw BadInput("synthetic model: expected one of" + known + ", got '" + std::string(name) +
                   "'");
  }
  const bool widened = name != "t0" && name != "t1";
  return {*config, bind_weights(*config, synthetic_tensors(*config, widened),
                                "synthetic model " + std::string(name))};
}

}  // namespace kernelgate::reference
