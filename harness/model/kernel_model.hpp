// The whole model on registered kernels: prefill, chunked prefill, and batched cached decode of
// ragged lengths (spec 2). Gathering and appending rows is done here on the host.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/model/kernel_weights.hpp"
#include "harness/model/operations.hpp"
#include "harness/model/sequence_store.hpp"
#include "harness/model/work_space.hpp"
#include "kernels/expert_gemm/skip_rule.hpp"
#include "reference/config.hpp"

namespace kernelgate::model {

class ExpertOffload;

/// The next tokens of one sequence, without left padding: pads change no state and get no logits
/// (spec 2.3).
struct SequenceChunk {
  std::int64_t slot = 0;
  std::span<const std::int32_t> ids;
};

/// Receives the residual stream f32 [tokens,H] before block 0 and after each block, with the
/// block's router choices [tokens] and unbiased probabilities [tokens]. The tokens of all chunks
/// are concatenated. A forward pass split into pieces (max_tokens) reports each piece;
/// `first_token` is the piece's offset.
class LayerObserver {
 public:
  virtual ~LayerObserver() = default;
  virtual void on_input(std::int64_t /*first_token*/, std::span<const float> /*residual*/) {}
  virtual void on_block(std::int64_t /*first_token*/, std::int64_t /*block*/,
                        std::span<const float> /*residual*/,
                        std::span<const std::int32_t> /*choice*/,
                        std::span<const float> /*probability*/) {}
};

struct ForwardOptions {
  bool every_token = true;     // logits of every token, or only of the last token of each chunk
  bool may_roll_back = false;  // for drafts: chunks of up to SequenceStore::max_rollback tokens
  LayerObserver* observer = nullptr;
};

/// f32 [rows, vocabulary], rows in the order of chunks and tokens.
struct KernelLogits {
  std::int64_t rows = 0, vocabulary = 0;
  std::vector<float> values;

  std::span<const float> at(std::int64_t row) const {
    return std::span(values).subspan(static_cast<std::size_t>(row * vocabulary),
                                     static_cast<std::size_t>(vocabulary));
  }
  /// Index of the largest logit; the lowest index on ties.
  std::int32_t argmax(std::int64_t row) const;
};

/// Experts chosen by at least one token, summed over layers and forward passes; the roofline time
/// counts their weights.
struct ExpertHits {
  std::int64_t experts = 0;  // distinct experts per layer and pass
  std::int64_t routed = 0;   // tokens routed to an expert
  std::int64_t skipped = 0;  // tokens that chose the skip expert
};

class KernelModel {
 public:
  /// Most tokens that go through the layers at once; bounds the memory of a prefill.
  static constexpr std::int64_t max_tokens = 2048;

  /// Weights must outlive the model. Throws BadInput naming the config key that the kernels do not
  /// support: a norm epsilon other than 1e-5, a theta that is not a whole number.
  KernelModel(reference::ModelConfig config, const KernelWeights& weights, SkipRule skip,
              Operations operations);

  const reference::ModelConfig& config() const { return config_; }
  Dtype type() const { return weights_.type(); }
  const Quantisation& quantisation() const { return weights_.quantisation(); }
  SequenceStore make_store(std::int64_t slots, std::int64_t capacity) const {
    return SequenceStore(config_, type(), slots, capacity);
  }

  /// Feeds the chunks, each with at least one token and a different slot, and advances the store.
  /// Throws BadInput and leaves the store unchanged for ids outside the vocabulary, unknown or
  /// repeated slots, and sequences longer than the store's capacity or the model's longest context.
  KernelLogits forward(std::span<const SequenceChunk> chunks, SequenceStore& store,
                       const ForwardOptions& options = {});

  Operations& operations() { return operations_; }
  /// Reads the experts from `offload`, for weights loaded without them. It must outlive the model.
  void use_offload(ExpertOffload* offload) { offload_ = offload; }
  const ExpertOffload* offload() const { return offload_; }
  const ExpertHits& expert_hits() const { return hits_; }
  void reset_counters();

 private:
  /// Chunks, or parts of them, that go through the layers together.
  struct Piece {
    std::vector<SequenceChunk> chunks;
    std::vector<bool> ends;  // whether the chunk's last token is in this piece
    std::int64_t tokens = 0;
    std::int64_t first_token = 0;  // offset of the piece in the forward pass
    bool batch = false;            // one token per chunk
  };
  struct FusedRows;

  void check(std::span<const SequenceChunk> chunks, const SequenceStore& store,
             const ForwardOptions& options) const;
  void run_piece(const Piece& piece, SequenceStore& store, const ForwardOptions& options,
                 KernelLogits& logits);
  void embed(const Piece& piece);
  void attention(const Piece& piece, std::int64_t block, SequenceStore& store);
  void mix_and_attend_each(const Piece& piece, std::int64_t block, const FusedRows& fused,
                           SequenceStore& store);
  void mix_and_attend_batch(const Piece& piece, std::int64_t block, const FusedRows& fused,
                            SequenceStore& store);
  void experts(const Piece& piece, std::int64_t block);
  void run_experts(std::int64_t tokens, std::int64_t block);
  void run_offloaded_experts(std::int64_t tokens, std::int64_t block);
  std::string four_bit_axes() const;  // "format=mxfp4,block=32"
  void norm(const Piece& piece, std::int64_t block, const char* name, const ScaleMemory& scales,
            Memory weight, bool last);
  void head(const Piece& piece, const ForwardOptions& options, KernelLogits& logits);
  void linear(const char* name, std::int64_t block, std::int64_t tokens, std::int64_t out,
              std::int64_t in, const std::byte* x, const MatrixMemory& w, const std::byte* y,
              bool f32);
  void mix(std::int64_t block, const char* form, std::int64_t tokens, const std::byte* qkv,
           const std::int32_t* slot, const float* conv, const float* lag);
  void attend(std::int64_t block, const std::string& axes_head, std::int64_t batch,
              std::int64_t tokens, std::int64_t context, std::int64_t window, const std::byte* keys,
              const std::byte* values, const std::byte* out);

  reference::ModelConfig config_;
  const KernelWeights& weights_;
  SkipRule skip_;
  Operations operations_;
  std::int64_t element_;
  WorkSpace work_;
  ExpertHits hits_;
  ExpertOffload* offload_ = nullptr;
};

}  // namespace kernelgate::model
