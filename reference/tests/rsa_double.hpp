// Test doubles for RSA: a generator whose tokens identify their rollout, and an engine that follows
// a script. Both record their requests.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "harness/core/random.hpp"
#include "reference/rsa/rollout.hpp"

namespace kernelgate::rsa {

/// Token i of a rollout encodes (round, rollout, i), so its origin can be read from the id. Lengths
/// are a hash of the prompt, so a wrong prompt shows in every later round.
class TaggedGenerator : public Generator {
 public:
  static constexpr std::int32_t max_tokens = 1 << 12;
  static constexpr std::int32_t max_rollouts = 1 << 10;

  static std::int32_t token(std::int64_t round, std::int64_t rollout, std::int64_t i) {
    return static_cast<std::int32_t>((round * max_rollouts + rollout) * max_tokens + i);
  }

  /// Rollouts that fail after generating their tokens.
  std::set<std::pair<std::int64_t, std::int64_t>> failing;  // (round, rollout)
  /// Seed of the order in which a round's rollouts end; 0: in request order.
  std::uint64_t shuffle = 0;
  /// Minimum reasoning length; the maximum is the budget.
  std::int64_t shortest = 1;

  std::vector<std::vector<Request>> asked;  // by round, in request order
  std::vector<std::vector<Rollout>> made;   // by round and rollout

  void generate(std::span<const Request> requests, const Done& done) override {
    asked.emplace_back(requests.begin(), requests.end());
    std::vector<Rollout> all;
    cost_ = {};
    for (const Request& request : requests) {
      all.push_back(rollout_for(request));
      cost_.peak_cached_tokens +=
          static_cast<std::int64_t>(request.prompt.size() + all.back().tokens.size());
    }
    made.push_back(all);
    std::vector<std::size_t> order(requests.size());
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = order.size(); shuffle != 0 && i > 1; --i) {
      std::swap(order[i - 1], order[word_at(shuffle, i) % i]);
    }
    for (const std::size_t place : order) done(place, all[place]);
  }
  GenerationCost cost() const override { return cost_; }

 private:
  Rollout rollout_for(const Request& request) const {
    std::uint64_t hash = 0;
    for (const std::int32_t id : request.prompt) {
      hash = mix64(hash * 31 + static_cast<std::uint64_t>(id) + 1);
    }
    Rollout r;
    const auto range = static_cast<std::uint64_t>(request.budget.reasoning - shortest + 1);
    r.reasoning =
        shortest + static_cast<std::int64_t>(
                       word_at(hash, static_cast<std::uint64_t>(request.rollout)) % range);
    for (std::int64_t i = 0; i < r.reasoning; ++i) {
      r.tokens.push_back(token(request.round, request.rollout, i));
    }
    // Tokens of an answer, which must never be carried to the next round.
    for (std::int64_t i = r.reasoning; i < std::min(r.reasoning + 2, request.budget.tokens); ++i) {
      r.tokens.push_back(token(request.round, request.rollout, i));
    }
    r.finish = r.reasoning < request.budget.reasoning ? Finish::eos : Finish::budget;
    if (failing.contains({request.round, request.rollout})) {
      r.finish = Finish::failed;
      r.failure = "made to fail";
    }
    return r;
  }

  GenerationCost cost_;
};

/// An engine without a model: the next token is a function of rollout, round and position. It
/// records the tokens fed to every slot and rejects invalid slots.
class ScriptedEngine : public SequenceEngine {
 public:
  using Script = std::function<std::int32_t(const SampleRequest&)>;

  ScriptedEngine(std::int64_t slots, Script script)
      : script_(std::move(script)), fed_(static_cast<std::size_t>(slots)) {}

  std::int64_t limit = 0;
  std::vector<std::size_t> batches;  // sizes of the steps' batches
  std::vector<SampleRequest> drawn;

  const std::vector<std::int32_t>& fed(std::int64_t slot) const {
    return fed_.at(static_cast<std::size_t>(slot));
  }

  std::int64_t vocab_size() const override { return 1000; }
  std::int64_t slots() const override { return static_cast<std::int64_t>(fed_.size()); }
  std::int64_t capacity() const override { return limit; }
  void reset(std::int64_t slot) override { fed_.at(static_cast<std::size_t>(slot)).clear(); }
  void feed(std::int64_t slot, std::span<const std::int32_t> ids) override {
    auto& to = fed_.at(static_cast<std::size_t>(slot));
    to.insert(to.end(), ids.begin(), ids.end());
  }
  void step(std::span<const SlotToken> tokens) override {
    batches.push_back(tokens.size());
    for (const SlotToken& each : tokens) feed(each.slot, {&each.token, 1});
  }
  std::span<const float> logits(std::int64_t) override { return {}; }
  void sample(std::span<const SampleRequest> requests, std::span<SampledToken> out) override {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      drawn.push_back(requests[i]);
      out[i].token = script_(requests[i]);
    }
  }
  std::int64_t cached_tokens(std::int64_t slot) const override {
    return static_cast<std::int64_t>(fed(slot).size());
  }
  std::int64_t cache_bytes_per_token() const override { return 1; }
  std::int64_t fixed_state_bytes() const override { return 0; }
  std::string describe() const override { return "scripted"; }

 private:
  Script script_;
  std::vector<std::vector<std::int32_t>> fed_;
};

}  // namespace kernelgate::rsa
