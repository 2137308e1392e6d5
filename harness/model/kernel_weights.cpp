#include "harness/model/kernel_weights.hpp"

#include <fmt/format.h>
#include <cstring>

#include <algorithm>
#include <limits>

#include "harness/core/error.hpp"
#include "harness/core/tensor.hpp"
#include "harness/model/page_memory.hpp"

namespace kernelgate::model {
namespace {

bool aligned(const std::byte* memory, Dtype type) {
  return reinterpret_cast<std::uintptr_t>(memory) % static_cast<std::uintptr_t>(size_bytes(type)) ==
         0;
}

void convert(const Values& from, Dtype type, std::byte* to) {
  constexpr std::int64_t piece = 1 << 16;
  const std::int64_t pieces = (from.size() + piece - 1) / piece;
#pragma omp parallel for schedule(static) if (pieces > 1)
  for (std::int64_t p = 0; p < pieces; ++p) {
    const std::int64_t begin = p * piece, count = std::min(piece, from.size() - begin);
    std::vector<double> numbers(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) numbers[static_cast<std::size_t>(i)] = from[begin + i];
    encode(type, numbers, to + begin * size_bytes(type));
  }
}

}  // namespace

std::int64_t weight_bytes(const reference::ModelConfig& config, Dtype type) {
  std::int64_t bytes = 0;
  for (const reference::TensorName& tensor : reference::tensor_names(config)) {
    bytes += TensorSpec{tensor.name, type, tensor.shape}.bytes();
  }
  return bytes;
}

std::byte* KernelWeights::make_room(std::int64_t bytes) {
  if (bytes > available_memory()) {
    throw BadInput(
        fmt::format("weights: a copy in {} needs {:.2f} GB, {:.2f} GB are free; expected "
                    "a checkpoint in that type, experts stacked",
                    name(type_), 1e-9 * static_cast<double>(bytes),
                    1e-9 * static_cast<double>(available_memory())));
  }
  copied_ += bytes;
  copies_.push_back(std::make_unique_for_overwrite<std::byte[]>(static_cast<std::size_t>(bytes)));
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

BlockMemory KernelWeights::block(const reference::BlockWeights& w, bool first, bool drop_skip) {
  const auto same = [this](const Values& values) { return fit(values, type_); };
  const auto scales = [&](const reference::ResidualScales& s) {
    return ScaleMemory{same(s.hidden_scale), same(s.hidden_bias), same(s.residual_scale),
                       same(s.residual_bias)};
  };
  BlockMemory b{};
  b.input_norm = same(w.input_norm);
  b.q = same(w.q);
  b.k = same(w.k);
  b.v_current = same(w.v_current);
  b.v_delayed = same(w.v_delayed);
  b.depthwise = same(w.mixing.depthwise);
  b.depthwise_bias = same(w.mixing.depthwise_bias);
  b.grouped = same(w.mixing.grouped);
  b.grouped_bias = same(w.mixing.grouped_bias);
  b.temperature = same(w.mixing.temperature);
  b.o = same(w.o);
  b.post_attention = scales(w.post_attention);
  b.post_attention_norm = same(w.post_attention_norm);
  const reference::RouterWeights& r = w.router;
  // The first block adds no earlier router state; its kernel has the tensor and does not read it.
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
  b.gate_up = stack(gate_up);
  b.down = stack(down);
  b.post_mlp = scales(w.post_mlp);
  return b;
}

KernelWeights::KernelWeights(const reference::ModelConfig& config, const reference::Weights& w,
                             Dtype type, bool drop_skip)
    : embedding(nullptr),
      input_scale(nullptr),
      input_bias(nullptr),
      final_norm(nullptr),
      head(nullptr),
      type_(type) {
  embedding = fit(w.embedding, type);
  input_scale = fit(w.input_scale, type);
  input_bias = fit(w.input_bias, type);
  final_norm = fit(w.final_norm, type);
  head = config.tied_head ? embedding : fit(w.head, type);
  for (std::size_t i = 0; i < w.blocks.size(); ++i) {
    blocks.push_back(block(w.blocks[i], i == 0, drop_skip));
  }
}

}  // namespace kernelgate::model
