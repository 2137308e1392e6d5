// A model's weights as kernels take them: one storage type, experts of a block in one piece. What a
// checkpoint has in that form is used where it lies; only the rest is copied.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "reference/weights.hpp"

namespace kernelgate::model {

/// Start of a tensor in the storage type (balancing_bias: f32), aligned to it.
using Memory = const std::byte*;

struct RouterMemory {
  Memory down, down_bias, eda, norm, fc1, fc1_bias, fc2, fc2_bias, out, bias;
};
struct ScaleMemory {
  Memory hidden_scale, hidden_bias, residual_scale, residual_bias;
};
struct BlockMemory {
  Memory input_norm, q, k, v_current, v_delayed;
  Memory depthwise, depthwise_bias, grouped, grouped_bias, temperature, o;
  ScaleMemory post_attention;
  Memory post_attention_norm;
  RouterMemory router;
  Memory gate_up, down;
  ScaleMemory post_mlp;
};

class KernelWeights {
 public:
  /// `source` must outlive it. With `drop_skip` the skip expert is never chosen: its balancing bias
  /// becomes -infinity (spec 4.2, C). Throws BadInput when copies need more memory than there is.
  KernelWeights(const reference::ModelConfig& config, const reference::Weights& source, Dtype type,
                bool drop_skip);

  Dtype type() const { return type_; }
  Memory embedding, input_scale, input_bias, final_norm, head;
  std::vector<BlockMemory> blocks;
  /// Bytes that did not serve where they lay.
  std::int64_t copied_bytes() const { return copied_; }

 private:
  Memory fit(const Values& values, Dtype type);
  Memory stack(const std::vector<Values>& parts);
  std::byte* make_room(std::int64_t bytes);
  BlockMemory block(const reference::BlockWeights& w, bool first, bool drop_skip);

  Dtype type_;
  std::int64_t copied_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> copies_;
};

/// Bytes of all weights of a model in that storage type.
std::int64_t weight_bytes(const reference::ModelConfig& config, Dtype type);

}  // namespace kernelgate::model
