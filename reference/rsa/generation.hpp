// Generates rollouts through a sequence engine: one prefill per rollout, then one token per step
// for all of them.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "reference/rsa/engine.hpp"
#include "reference/rsa/rollout.hpp"

namespace kernelgate::rsa {

/// Ids that end reasoning or a rollout, and the seed of all draws.
struct GenerationRules {
  std::uint64_t seed = 0;
  std::vector<std::int32_t> eos;
  std::optional<std::int32_t> end_of_think;
};

class EngineGenerator : public Generator {
 public:
  /// Called after every prefill and step with the progress of the round and its maximum.
  using Watch = std::function<void(std::int64_t done, std::int64_t most, std::int64_t live)>;

  /// Runs the work once and returns its time. Default: a steady clock, which does not detect
  /// disturbances.
  using Timer = std::function<TimedSpan(const std::function<void()>& work)>;

  EngineGenerator(SequenceEngine& engine, GenerationRules rules, Watch watch = {},
                  Timer timer = {});

  /// Request i uses slot i. All slots are emptied first, so no cache or convolution state of an
  /// earlier round remains. Throws BadInput for more requests than slots, and for prompts that do
  /// not fit a slot together with their token budget.
  void generate(std::span<const Request> requests, const Done& done) override;

  GenerationCost cost() const override { return cost_; }

 private:
  struct Sequence {
    std::size_t place = 0;
    const Request* request = nullptr;
    Rollout rollout;
    bool reasoning = true;
    bool ended = false;
  };

  void prepare(std::span<const Request> requests);
  void prefill(std::span<const Request> requests, std::vector<Sequence>& live);
  /// The next token of each sequence: the marker where the reasoning is cut, otherwise a drawn
  /// token.
  std::vector<SampledToken> next_tokens(std::vector<Sequence>& live);
  void add_token(Sequence& sequence, const SampledToken& next);
  void feed_step(const std::vector<Sequence>& live);
  bool must_force(const Sequence& sequence) const;
  void note_peak();
  void tell(std::int64_t live) const;

  SequenceEngine& engine_;
  GenerationRules rules_;
  Watch watch_;
  Timer timer_;
  GenerationCost cost_;
  std::int64_t done_ = 0, most_ = 0;  // for the watch: prefills and steps
};

}  // namespace kernelgate::rsa
