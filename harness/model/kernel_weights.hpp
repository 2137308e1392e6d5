// A model's weights as kernels take them: one storage type, experts of a block in one piece. What a
// checkpoint has in that form is used where it lies; only the rest is copied.
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

/// How weights are taken over: quantised, or without the experts.
struct QuantisedLoading {
  Quantisation how;
  /// The experts lie elsewhere (ExpertFile): gate_up and down of the blocks stay null.
  bool without_experts = false;
  /// Told of weights quantised so far, and of all that will be.
  std::function<void(std::int64_t done, std::int64_t total)> made = {};
  /// Told where a source tensor begins that nobody reads any more.
  std::function<void(const std::byte*)> done_with = {};
};

class KernelWeights {
 public:
  /// `source` must outlive it. With `drop_skip` the skip expert is never chosen: its balancing bias
  /// becomes -infinity (spec 4.2, C). Throws BadInput when copies need more memory than there is,
  /// and for matrices that the quantisation cannot take.
  KernelWeights(const reference::ModelConfig& config, const reference::Weights& source, Dtype type,
                bool drop_skip, const QuantisedLoading& loading = {});

  Dtype type() const { return type_; }
  const Quantisation& quantisation() const { return loading_.how; }
  Memory embedding, input_scale, input_bias, final_norm;
  MatrixMemory head;
  std::vector<BlockMemory> blocks;
  /// Bytes that did not serve where they lay.
  std::int64_t copied_bytes() const { return copied_; }

 private:
  Memory fit(const Values& values, Dtype type);
  Memory stack(const std::vector<Values>& parts);
  /// Rows of `columns` numbers, part after part, as codes and scales.
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

/// The numbers rounded once to `type`, by all threads.
void convert(const Values& from, Dtype type, std::byte* to);

/// Bytes of all weights of a model in that storage type, or quantised.
std::int64_t weight_bytes(const reference::ModelConfig& config, Dtype type,
                          const Quantisation& quantisation = {});

}  // namespace kernelgate::model
