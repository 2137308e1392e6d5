// The scalar model as a sequence engine: one state per slot; the rows of a batch run on host
// threads.
#pragma once

#include <vector>

#include "reference/model.hpp"
#include "reference/rsa/engine.hpp"

namespace kernelgate::rsa {

class ReferenceEngine : public SequenceEngine {
 public:
  /// Rows of a batch share no data, so the number of threads does not change a bit of the results.
  /// The model must outlive the engine. `logit_error`: as in draw().
  ReferenceEngine(const reference::Model& model, std::int64_t slots, int threads,
                  double logit_error = 0);

  std::int64_t vocab_size() const override { return model_.config().vocab_size; }
  std::int64_t slots() const override { return static_cast<std::int64_t>(slots_.size()); }
  std::int64_t capacity() const override { return model_.config().max_positions; }
  void reset(std::int64_t slot) override;
  void feed(std::int64_t slot, std::span<const std::int32_t> ids) override;
  void step(std::span<const SlotToken> tokens) override;
  std::span<const float> logits(std::int64_t slot) override;
  void sample(std::span<const SampleRequest> requests, std::span<SampledToken> out) override;
  std::int64_t cached_tokens(std::int64_t slot) const override;
  std::int64_t cache_bytes_per_token() const override;
  std::int64_t fixed_state_bytes() const override;
  std::string describe() const override { return "reference"; }

 protected:
  struct Slot {
    reference::State state;  // of one sequence
    std::vector<float> logits;
  };
  Slot& at(std::int64_t slot);
  const reference::Model& model() const { return model_; }

 private:
  void check_ids(std::span<const std::int32_t> ids) const;
  void forward(Slot& slot, std::span<const std::int32_t> ids);

  const reference::Model& model_;
  std::vector<Slot> slots_;
  int threads_;
  double logit_error_;
};

}  // namespace kernelgate::rsa
