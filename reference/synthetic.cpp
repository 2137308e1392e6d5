#include "reference/synthetic.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/core/large_memory.hpp"
#include "harness/core/random.hpp"

namespace kernelgate::reference {

namespace {

/// A name pattern and its range; the first rule whose text occurs in the name applies.
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

/// Length of a matrix's reduction; 0 for vectors and the depthwise conv.
std::int64_t reduction_length(const TensorName& t) {
  if (t.shape.size() < 2 || t.name.ends_with("conv_qk_depthwise.weight")) return 0;
  if (t.name.ends_with("conv_qk_grouped.weight")) return t.shape[1] * t.shape[2];
  return t.shape.back();
}

}  // namespace

namespace {

float synthetic_number(std::uint64_t key, std::int64_t index, double scale, double off) {
  const std::uint64_t word = word_at(key, static_cast<std::uint64_t>(index));
  const auto m = static_cast<double>(word >> 40);
  return static_cast<float>(off + scale * (m - 8388608) / 8388608);
}

}  // namespace

float synthetic_value(std::string_view name, std::int64_t index, double scale, double off) {
  return synthetic_number(fnv1a64(name), index, scale, off);
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
  // Blocks of one model are alike, and the last block of T0 has every tensor that any block has.
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

namespace {

/// Numbers `begin` to `begin` + `count` - 1 of a tensor, rounded once to T.
template <class T>
void make_numbers(std::uint64_t key, const SyntheticRange& range, std::int64_t begin,
                  std::int64_t count, std::byte* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    const T x = from_float<T>(synthetic_number(key, begin + i, range.scale, range.off));
    std::memcpy(to + i * static_cast<std::int64_t>(sizeof(T)), &x, sizeof(T));
  }
}

std::shared_ptr<const std::byte[]> make_tensor(const TensorName& tensor, std::int64_t count,
                                               bool widened, Dtype type) {
  constexpr std::int64_t piece = 1 << 16;
  const SyntheticRange range = synthetic_range(tensor, widened);
  const std::uint64_t key = fnv1a64(tensor.name);
  const std::int64_t element = size_bytes(type);
  LargeMemory memory = large_memory(count * element);
  if (!memory) {
    throw BadInput("synthetic weights: tensor '" + tensor.name + "': no memory for " +
                   std::to_string(count * element) + " bytes: " + free_memory().describe());
  }
  std::byte* to = memory.get();
#pragma omp parallel for schedule(static) if (count > 4 * piece)
  for (std::int64_t begin = 0; begin < count; begin += piece) {
    const std::int64_t some = std::min(piece, count - begin);
    std::byte* at = to + begin * element;
    if (type == Dtype::f32) make_numbers<float>(key, range, begin, some, at);
    if (type == Dtype::bf16) make_numbers<bf16>(key, range, begin, some, at);
    if (type == Dtype::f16) make_numbers<f16>(key, range, begin, some, at);
  }
  return memory;
}

std::int64_t count_of(const TensorName& tensor) {
  std::int64_t count = 1;
  for (const std::int64_t extent : tensor.shape) count *= extent;
  return count;
}

}  // namespace

TensorMap synthetic_tensors(const ModelConfig& config, bool widened, Dtype type, const Made& made) {
  if (type != Dtype::f32 && type != Dtype::bf16 && type != Dtype::f16) {
    throw BadInput("synthetic weights: expected f32, bf16 or f16, got " +
                   std::string(kernelgate::name(type)));
  }
  TensorMap map;
  const std::vector<TensorName> names = tensor_names(config);
  std::int64_t total = 0, done = 0;
  for (const TensorName& tensor : names) total += count_of(tensor);
  for (const TensorName& tensor : names) {
    const std::int64_t count = count_of(tensor);
    auto memory = make_tensor(tensor, count, widened, type);
    map.tensors[tensor.name] = {tensor.shape, Values(type, memory.get(), count)};
    map.owners.push_back(std::move(memory));
    done += count;
    if (made) made(done, total);
  }
  return map;
}

ModelConfig synthetic_config(std::string_view name) {
  auto config = named_config(name);
  if (config) return std::move(*config);
  std::string known;
  for (const std::string& n : config_names()) known += " " + n;
  throw BadInput("synthetic model: expected one of" + known + ", got '" + std::string(name) + "'");
}

SyntheticModel synthetic_model(std::string_view name, Dtype type, std::int64_t layers,
                               const Made& made) {
  ModelConfig config = synthetic_config(name);
  const std::string source = "synthetic model " + std::string(name);
  keep_layers(config, layers, source);
  const bool widened = name != "t0" && name != "t1";
  Weights weights = bind_weights(config, synthetic_tensors(config, widened, type, made), source);
  return {std::move(config), std::move(weights)};
}

}  // namespace kernelgate::reference
