// The model on kernels as an RSA sequence engine: prompts run through prefill, rollouts as one
// batch, and the sampling kernel draws the tokens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/kernel_model.hpp"
#include "reference/rsa/engine.hpp"

namespace kernelgate::model {

class KernelEngine final : public rsa::SequenceEngine {
 public:
  /// Slots of at most `capacity` tokens. The model must outlive the engine. `logit_error`: the
  /// assumed error of the logits, from which a draw is marked as thin.
  KernelEngine(KernelModel& model, std::int64_t slots, std::int64_t capacity, double logit_error,
               std::string words);

  std::int64_t vocab_size() const override { return model_.config().vocab_size; }
  std::int64_t slots() const override { return store_.slots(); }
  std::int64_t capacity() const override { return store_.capacity(); }
  void reset(std::int64_t slot) override;
  void feed(std::int64_t slot, std::span<const std::int32_t> ids) override;
  void step(std::span<const rsa::SlotToken> tokens) override;
  std::span<const float> logits(std::int64_t slot) override;
  void sample(std::span<const rsa::SampleRequest> requests,
              std::span<rsa::SampledToken> out) override;
  std::int64_t cached_tokens(std::int64_t slot) const override { return store_.length(slot); }
  std::int64_t cache_bytes_per_token() const override { return store_.kv_bytes(1); }
  std::int64_t fixed_state_bytes() const override { return store_.bytes().fixed; }
  std::string describe() const override { return words_; }

  const SequenceStore& store() const { return store_; }

 private:
  void draw(std::span<const rsa::SampleRequest> requests, std::int64_t valid,
            std::span<rsa::SampledToken> out);

  KernelModel& model_;
  SequenceStore store_;
  double logit_error_;
  std::string words_;
  std::vector<std::vector<float>> logits_;  // of each slot's last token; empty: no token fed yet
};

}  // namespace kernelgate::model
