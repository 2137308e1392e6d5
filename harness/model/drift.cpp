#include "harness/model/drift.hpp"

#include <algorithm>
#include <cmath>

#include "harness/model/bytes.hpp"

namespace kernelgate::model {
namespace {

/// Applies the kernels' router choices and compares each block's stream as it is produced.
class Follower final : public reference::RoutingGuide, public reference::Observer {
 public:
  Follower(const StreamRecorder& kernels, const reference::Model& model, Drift& drift)
      : kernels_(kernels), model_(model), drift_(drift) {}

  void guide(const reference::ChunkPlace&, std::int64_t block, std::int64_t token,
             reference::Routing<double>& r) override {
    const std::int64_t choice = kernels_.blocks()[size(block)].choice[size(token)];
    ++drift_.routed;
    if (choice == r.choice) return;
    const Values bias = model_.weights().blocks[size(block)].router.balancing_bias;
    const auto biased = [&](std::int64_t e) { return r.probability[size(e)] + bias[e]; };
    ++drift_.followed;
    drift_.widest_followed = std::max(drift_.widest_followed, biased(r.choice) - biased(choice));
    r.choice = choice;
    r.weight = r.probability[size(choice)];
  }

  void on_block(const reference::ChunkPlace&, std::int64_t block,
                const reference::BlockTrace& trace) override {
    const std::vector<float>& got = kernels_.blocks()[size(block)].residual;
    BlockDrift d;
    double off = 0, all = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double difference = got[i] - trace.residual[i];
      d.largest = std::max(d.largest, std::abs(difference));
      off += difference * difference;
      all += trace.residual[i] * trace.residual[i];
    }
    d.relative_rms = all > 0 ? std::sqrt(off / all) : 0;
    drift_.blocks.push_back(d);
  }

 private:
  const StreamRecorder& kernels_;
  const reference::Model& model_;
  Drift& drift_;
};

/// log softmax(x).
template <class N>
std::vector<double> log_softmax(std::span<const N> x) {
  const double most = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (const N v : x) sum += std::exp(static_cast<double>(v) - most);
  std::vector<double> all;
  for (const N v : x) all.push_back(static_cast<double>(v) - most - std::log(sum));
  return all;
}

}  // namespace

void StreamRecorder::on_block(std::int64_t, std::int64_t block, std::span<const float> residual,
                              std::span<const std::int32_t> choice,
                              std::span<const float> probability) {
  blocks_.resize(std::max(blocks_.size(), size(block) + 1));
  RecordedBlock& b = blocks_[size(block)];
  b.residual.insert(b.residual.end(), residual.begin(), residual.end());
  b.choice.insert(b.choice.end(), choice.begin(), choice.end());
  b.probability.insert(b.probability.end(), probability.begin(), probability.end());
}

Drift measure_drift(const reference::Model& model, std::span<const std::int32_t> ids,
                    const StreamRecorder& kernels, const KernelLogits& logits) {
  Drift drift;
  Follower follower(kernels, model, drift);
  reference::State state = model.empty_state(1);
  const reference::Logits expected = model.forward(reference::TokenBatch::single(ids), state,
                                                   {.slots = {},
                                                    .logits = reference::LogitsFor::every_token,
                                                    .observer = &follower,
                                                    .guide = &follower});
  drift.tokens = expected.tokens;
  for (std::int64_t t = 0; t < expected.tokens; ++t) {
    const auto want = expected.at(0, t);
    const auto got = logits.at(t);
    const std::vector<double> p = log_softmax<double>(want), q = log_softmax<float>(got);
    double kl = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
      drift.logits_largest = std::max(drift.logits_largest, std::abs(got[i] - want[i]));
      kl += std::exp(p[i]) * (p[i] - q[i]);
    }
    drift.mean_kl += kl / static_cast<double>(expected.tokens);
    if (logits.argmax(t) != expected.argmax(0, t)) ++drift.argmax_differs;
  }
  return drift;
}

}  // namespace kernelgate::model
