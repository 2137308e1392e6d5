// The whole model made of registered kernels: prefill, chunked prefill, batched cached decode of
// ragged lengths (spec 2). What kernels do not do, gathering and appending rows, is done here.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/model/kernel_weights.hpp"
#include "harness/model/operations.hpp"
#include "harness/model/sequence_store.hpp"
#include "kernels/expert_gemm/skip_rule.hpp"
#include "reference/config.hpp"

namespace kernelgate::model {

class ExpertOffload;

/// The next tokens of one sequence. Left padding has no place here: pads touch no state and get no
/// logits, so they are left out (spec 2.3).
struct SequenceChunk {
  std::int64_t slot = 0;
  std::span<const std::int32_t> ids;
};

/// Told of the residual stream f32 [tokens,H] before block 0 and after each block, with the block's
/// router choices [tokens] and unbiased probabilities [tokens]; tokens of all chunks one after the
/// other. A forward pass in pieces (most_tokens) tells of each piece; `first_token` counts.
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
  bool every_token = true;     // logits of every token, or of the last one of each chunk alone
  bool may_roll_back = false;  // chunks of up to SequenceStore::most_rollback tokens, drafts
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
  /// Index of the largest; the lowest on ties.
  std::int32_t argmax(std::int64_t row) const;
};

/// Experts that some token chose, summed over layers and forward passes: what a floor counts.
struct ExpertHits {
  std::int64_t experts = 0;  // distinct experts a layer and pass
  std::int64_t routed = 0;   // tokens that met an expert
  std::int64_t skipped = 0;  // tokens that chose the skip expert
};

class KernelModel {
 public:
  /// Longest piece of tokens that goes through the layers at once: bounds the memory of a prefill.
  static constexpr std::int64_t most_tokens = 2048;

  /// Weights must outlive it. Throws BadInput where the kernels cannot express the config, saying
  /// which key: a norm epsilon other than 1e-5, a theta that is no whole number.
  KernelModel(reference::ModelConfig config, const KernelWeights& weights, SkipRule skip,
              Operations operations);

  const reference::ModelConfig& config() const { return config_; }
  Dtype type() const { return weights_.type(); }
  const Quantisation& quantisation() const { return weights_.quantisation(); }
  SequenceStore make_store(std::int64_t slots, std::int64_t capacity) const {
    return SequenceStore(config_, type(), slots, capacity);
  }

  /// Feeds the chunks, each of at least one token and of another slot, and moves the store on.
  /// Throws BadInput, with the store as it was, for ids outside the vocabulary, slots that do not
  /// exist or come twice, sequences longer than the store's capacity or the model's longest
  /// context.
  KernelLogits forward(std::span<const SequenceChunk> chunks, SequenceStore& store,
                       const ForwardOptions& options = {});

  Operations& operations() { return operations_; }
  /// Takes the experts from there, for weights that left theirs out. It must outlive the model.
  void use_offload(ExpertOffload* offload) { offload_ = offload; }
  const ExpertOffload* offload() const { return offload_; }
  const ExpertHits& expert_hits() const { return hits_; }
  void reset_counters();
  /// Bytes of the work space between operations.
  std::int64_t workspace_bytes() const;

 private:
  /// The chunks that go through the layers together.
  struct Piece {
    std::vector<SequenceChunk> chunks;
    std::vector<bool> ends;  // whether a chunk's last token is here
    std::int64_t tokens = 0;
    std::int64_t first_token = 0;  // of the piece, counted over the forward pass
    bool batch = false;            // one token of each chunk
  };
  struct FusedRows;
  struct Buffer;

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
  std::byte* room(Buffer& buffer, std::int64_t bytes);

  reference::ModelConfig config_;
  const KernelWeights& weights_;
  SkipRule skip_;
  Operations operations_;
  std::int64_t element_;
  ExpertHits hits_;
  ExpertOffload* offload_ = nullptr;

  struct Buffer {
    PageMemory memory;
  };
  Buffer hidden_, normed_, residual_, q_, k_, v_current_, v_delayed_, qkv_, mixed_q_, mixed_k_,
      mixed_v_, heads_, gathered_, router_a_, router_b_, probabilities_, probability_, choice_,
      position_, slot_, valid_, stage_keys_, stage_values_, head_input_, logits_, slot_choice_,
      round_out_;
};

}  // namespace kernelgate::model
