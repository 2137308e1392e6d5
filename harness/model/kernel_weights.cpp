#include "harness/model/kernel_weights.hpp"

#include <fmt/format.h>
#include <cstring>

#include <algorithm>
#include <limits>

#include "harness/core/error.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/core/pieces.hpp"
#include "harness/core/tensor.hpp"

namespace kernelgate::model {
namespace {

bool aligned(const std::byte* memory, Dtype type) {
  return reinterpret_cast<std::uintptr_t>(memory) % static_cast<std::uintptr_t>(size_bytes(type)) ==
         0;
}

}  // namespace

void convert(const Values& from, Dtype type, std::byte* to) {
  constexpr std::int64_t piece = 1 << 16;
  const std::int64_t steps = pieces(from.size(), piece);
#pragma omp parallel for schedule(static) if (steps > 1)
  for (std::int64_t p = 0; p < steps; ++p) {
    const std::int64_t begin = p * piece, count = std::min(piece, from.size() - begin);
    std::vector<double> numbers(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) numbers[static_cast<std::size_t>(i)] = from[begin + i];
    encode(type, numbers, to + begin * size_bytes(type));
  }
}

std::int64_t weight_bytes(const reference::ModelConfig& config, Dtype type, const Quantisation& q) {
  std::int64_t bytes = 0;
  for (const reference::TensorName& tensor : reference::tensor_names(config)) {
    const std::int64_t columns = tensor.shape.back();
    const std::int64_t count = TensorSpec{tensor.name, type, tensor.shape}.count();
    bytes += q.matrix_bytes(q.takes(tensor.name), count / columns, columns, size_bytes(type));
  }
  if (q.linears() && config.tied_head) {
    bytes += q.matrix_bytes(true, config.vocab_size, config.hidden_size, size_bytes(type));
  }
  return bytes;
}

std::byte* KernelWeights::make_room(std::int64_t bytes) {
  LargeMemory copy = large_memory(bytes);
  if (!copy) {
    throw BadInput(
        fmt::format("weights: a copy in {} needs {:.2f} GB, {}; expected a checkpoint in that "
                    "type, experts stacked",
                    name(type_), 1e-9 * static_cast<double>(bytes), free_memory().describe()));
  }
  copied_ += bytes;
  copies_.push_back(std::move(copy));
  return copies_.back().get();
}

Memory KernelWeights::fit(const Values& values, Dtype type) {
  if (values.type() == type && aligned(values.bytes(), type)) return values.bytes();
  std::byte* to = make_room(values.size() * size_bytes(type));
  convert(values, type, to);
  return to;
}

Memory KernelWeights::stack(const std::vector<Values>& parts) {
  const std::int64_t bytes = parts[0].size() * size_bytes(type_);
  bool in_one_piece = parts[0].type() == type_ && aligned(parts[0].bytes(), type_);
  for (std::size_t e = 0; e < parts.size(); ++e) {
    const Memory expected = parts[0].bytes() + static_cast<std::int64_t>(e) * bytes;
    in_one_piece = in_one_piece && parts[e].type() == type_ && parts[e].bytes() == expected;
  }
  if (in_one_piece) return parts[0].bytes();
  std::byte* to = make_room(bytes * static_cast<std::int64_t>(parts.size()));
  for (std::size_t e = 0; e < parts.size(); ++e) {
    convert(parts[e], type_, to + static_cast<std::int64_t>(e) * bytes);
  }
  return to;
}

MatrixMemory KernelWeights::quantise(const std::vector<Values>& parts, std::int64_t columns) {
  const FourBitLayout& layout = loading_.how.layout;
  std::int64_t rows = 0;
  for (const Values& part : parts) rows += part.size() / columns;
  const std::int64_t scale_bytes = layout.scales(columns) * size_bytes(layout.scale_type());
  std::byte* const codes = make_room(rows * layout.code_bytes(columns));
  std::byte* const scales = make_room(rows * scale_bytes);
  std::int64_t row = 0;
  for (const Values& part : parts) {
    quantise_rows(layout, part, columns,
                  reinterpret_cast<std::uint8_t*>(codes) + row * layout.code_bytes(columns),
                  scales + row * scale_bytes);
    row += part.size() / columns;
    quantised_ += part.size();
    if (loading_.made) loading_.made(quantised_, to_quantise_);
  }
  return {codes, scales};
}

MatrixMemory KernelWeights::matrix(const Values& values, std::int64_t columns) {
  if (!loading_.how.linears()) return {fit(values, type_)};
  const MatrixMemory m = quantise({values}, columns);
  if (loading_.done_with) loading_.done_with(values.bytes());
  return m;
}

BlockMemory KernelWeights::block(const reference::ModelConfig& config,
                                 const reference::BlockWeights& w, bool first, bool drop_skip) {
  const auto same = [this](const Values& values) { return fit(values, type_); };
  const auto scales = [&](const reference::ResidualScales& s) {
    return ScaleMemory{same(s.hidden_scale), same(s.hidden_bias), same(s.residual_scale),
                       same(s.residual_bias)};
  };
  BlockMemory b{};
  b.input_norm = same(w.input_norm);
  b.q = matrix(w.q, config.hidden_size);
  b.k = matrix(w.k, config.hidden_size);
  b.v_current = matrix(w.v_current, config.hidden_size);
  b.v_delayed = matrix(w.v_delayed, config.hidden_size);
  b.depthwise = same(w.mixing.depthwise);
  b.depthwise_bias = same(w.mixing.depthwise_bias);
  b.grouped = same(w.mixing.grouped);
  b.grouped_bias = same(w.mixing.grouped_bias);
  b.temperature = same(w.mixing.temperature);
  b.o = matrix(w.o, config.q_size());
  b.post_attention = scales(w.post_attention);
  b.post_attention_norm = same(w.post_attention_norm);
  const reference::RouterWeights& r = w.router;
  // The first block has no earlier router state to add; its kernel takes the tensor but does not
  // read it.
  b.router = {same(r.down), same(r.down_bias), same(first ? r.norm : r.eda),
              same(r.norm), same(r.fc1),       same(r.fc1_bias),
              same(r.fc2),  same(r.fc2_bias),  same(r.out),
              nullptr};
  std::vector<double> bias = numbers<double>(r.balancing_bias);
  if (drop_skip) bias.back() = -std::numeric_limits<double>::infinity();
  const Values biases(bias);
  b.router.bias = fit(biases, Dtype::f32);
  std::vector<Values> gate_up, down;
  for (const reference::ExpertWeights& e : w.experts) {
    gate_up.push_back(e.gate_up);
    down.push_back(e.down);
  }
  const bool gone = loading_.how.experts() || loading_.without_experts;
  if (loading_.how.experts()) {
    b.gate_up = quantise(gate_up, config.hidden_size);
    b.down = quantise(down, config.expert_size);
  } else if (!loading_.without_experts) {
    b.gate_up = {stack(gate_up)};
    b.down = {stack(down)};
  }
  for (const auto* parts : {&gate_up, &down}) {
    for (const Values& part : *parts) {
      if (gone && loading_.done_with) loading_.done_with(part.bytes());
    }
  }
  b.post_mlp = scales(w.post_mlp);
  return b;
}

KernelWeights::KernelWeights(const reference::ModelConfig& config, const reference::Weights& w,
                             Dtype type, bool drop_skip, const QuantisedLoading& loading)
    : embedding(nullptr),
      input_scale(nullptr),
      input_bias(nullptr),
      final_norm(nullptr),
      type_(type),
      loading_(loading) {
  loading_.how.check(config);
  for (const reference::TensorName& tensor : reference::tensor_names(config)) {
    if (!loading_.how.takes(tensor.name)) continue;
    to_quantise_ += TensorSpec{tensor.name, type, tensor.shape}.count();
  }
  const bool own_head = loading_.how.linears();
  if (own_head && config.tied_head) to_quantise_ += config.vocab_size * config.hidden_size;
  embedding = fit(w.embedding, type);
  input_scale = fit(w.input_scale, type);
  input_bias = fit(w.input_bias, type);
  final_norm = fit(w.final_norm, type);
  if (own_head) {
    head = quantise({w.head}, config.hidden_size);
    if (!config.tied_head && loading_.done_with) loading_.done_with(w.head.bytes());
  } else {
    head = {config.tied_head ? embedding : fit(w.head, type)};
  }
  for (std::size_t i = 0; i < w.blocks.size(); ++i) {
    blocks.push_back(block(config, w.blocks[i], i == 0, drop_skip));
  }
  loading_.made = {};  // callbacks need not outlive loading
  loading_.done_with = {};
}

}  // namespace kernelgate::model
