// A model's weights in the form that kernels take: one storage type, a block's experts contiguous.
// Checkpoint tensors already in that form are used in place; only the others are copied.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "harness/core/large_memory.hpp"
#include "harness/model/quantisation.hpp"
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
  Memory input_norm;
  MatrixMemory q, k, v_current, v_delayed;
  Memory depthwise, depthwise_bias, grouped, grouped_bias, temperature;
  MatrixMemory o;
  ScaleMemory post_attention;
  Memory post_attention_norm;
  RouterMemory router;
  MatrixMemory gate_up, down;
  ScaleMemory post_mlp;
};

/// Loading options: quantisation, or loading without the experts.
struct QuantisedLoading {
  Quantisation how;
  /// Experts are stored elsewhere (ExpertFile): gate_up and down of the blocks stay null.
  bool without_experts = false;
  /// Progress callback: weights quantised so far, and their total.
  std::function<void(std::int64_t done, std::int64_t total)> made = {};
  /// Called with the start of each source tensor that is no longer read.
  std::function<void(const std::byte*)> done_with = {};
};

class KernelWeights {
 public:
  /// `source` must outlive it. With `drop_skip` the skip expert is never chosen: its balancing bias
  /// becomes -infinity (spec 4.2, C). Throws BadInput if the copies need more memory than is free,
  /// and for matrices that cannot be quantised in that layout.
  KernelWeights(const reference::ModelConfig& config, const reference::Weights& source, Dtype type,
                bool drop_skip, const QuantisedLoading& loading = {});

  Dtype type() const { return type_; }
  const Quantisation& quantisation() const { return loading_.how; }
  Memory embedding, input_scale, input_bias, final_norm;
  MatrixMemory head;
  std::vector<BlockMemory> blocks;
  /// Bytes of tensors that could not be used in place.
  std::int64_t copied_bytes() const { return copied_; }

 private:
  Memory fit(const Values& values, Dtype type);
  Memory stack(const std::vector<Values>& parts);
  /// Quantises rows of `columns` numbers, one part after another, to codes and scales.
  MatrixMemory quantise(const std::vector<Values>& parts, std::int64_t columns);
  MatrixMemory matrix(const Values& values, std::int64_t columns);
  std::byte* make_room(std::int64_t bytes);
  BlockMemory block(const reference::ModelConfig& config, const reference::BlockWeights& w,
                    bool first, bool drop_skip);

  Dtype type_;
  QuantisedLoading loading_;
  std::int64_t copied_ = 0, quantised_ = 0, to_quantise_ = 0;
  std::vector<LargeMemory> copies_;
};

/// Rounds the numbers once to `type`, on all threads.
void convert(const Values& from, Dtype type, std::byte* to);

/// Bytes of all weights of a model in that storage type, quantised where `quantisation` applies.
std::int64_t weight_bytes(const reference::ModelConfig& config, Dtype type,
                          const Quantisation& quantisation = {});

}  // namespace kernelgate::model
