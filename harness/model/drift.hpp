// Measures how far a forward pass on kernels drifts from the scalar model: the accumulated error of
// all operations, where local_check.hpp measures the error of each one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/model/kernel_model.hpp"
#include "reference/model.hpp"

namespace kernelgate::model {

/// One block's stream as the kernels computed it, tokens in feeding order.
struct RecordedBlock {
  std::vector<float> residual;  // [tokens,H]
  std::vector<std::int32_t> choice;
  std::vector<float> probability;
};

/// Records every block's stream and choices of a pass over one sequence.
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
  double relative_rms = 0;  // of the difference, relative to the reference's RMS
};

struct Drift {
  std::vector<BlockDrift> blocks;
  double logits_largest = 0;
  double mean_kl = 0;  // KL of softmax(reference) from softmax(kernels), nats per token
  std::int64_t argmax_differs = 0, tokens = 0;
  std::int64_t followed = 0;   // router choices taken from the kernels because they differed
  std::int64_t routed = 0;     // router choices in all
  double widest_followed = 0;  // largest margin by which the reference preferred its own choice
};

/// Runs the scalar model on the same tokens in one chunk. Where the kernels' router choices differ,
/// they replace the model's own (spec 12.3, R13).
Drift measure_drift(const reference::Model& model, std::span<const std::int32_t> ids,
                    const StreamRecorder& kernels, const KernelLogits& logits);

}  // namespace kernelgate::model
