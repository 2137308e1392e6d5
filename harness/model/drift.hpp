// How far a forward pass on kernels has gone from the scalar model's own: apart from what each
// operation adds (local_check.hpp), what all of them together came to.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/model/kernel_model.hpp"
#include "reference/model.hpp"

namespace kernelgate::model {

/// What one block's stream was on kernels, for tokens in the order of feeding.
struct RecordedBlock {
  std::vector<float> residual;  // [tokens,H]
  std::vector<std::int32_t> choice;
  std::vector<float> probability;
};

/// Keeps every block's stream and choices of a pass over one sequence.
class StreamRecorder final : public LayerObserver {
 public:
  void on_block(std::int64_t first_token, std::int64_t block, std::span<const float> residual,
                std::span<const std::int32_t> choice, std::span<const float> probability) override;
  const std::vector<RecordedBlock>& blocks() const { return blocks_; }

 private:
  std::vector<RecordedBlock> blocks_;
};

struct BlockDrift {
  double largest = 0;       // |kernel - reference| over the stream's elements
  double relative_rms = 0;  // of the difference, over the reference's
};

struct Drift {
  std::vector<BlockDrift> blocks;
  double logits_largest = 0;
  double mean_kl = 0;  // of softmax(reference) against softmax(kernels), in nats a token
  std::int64_t argmax_differs = 0, tokens = 0;
  std::int64_t followed = 0;   // router choices in which the reference followed the kernels
  std::int64_t routed = 0;     // router choices in all
  double widest_followed = 0;  // largest margin that the reference had for another choice
};

/// Runs the scalar model on the same tokens, in one chunk, with the kernels' router choices in
/// place of its own where they differ (spec 12.3, R13).
Drift measure_drift(const reference::Model& model, std::span<const std::int32_t> ids,
                    const StreamRecorder& kernels, const KernelLogits& logits);

}  // namespace kernelgate::model
