// Experts in a file: which ones stay resident, how much memory they take, and that the model's
// results do not change.
#include "harness/model/expert_offload.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "harness/core/temporary_folder.hpp"
#include "harness/model/model_testing.hpp"

namespace kernelgate::model {
namespace {

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

const Registry& kernels() {
  static const Registry registry = all_kernels();
  return registry;
}

ExpertFile file_of(const reference::SyntheticModel& model, Dtype type) {
  return {model.config, model.weights, type, {temporary_folder(), "the test's folder"}};
}

class ThreeSlots : public ::testing::Test {
 protected:
  void ask(std::int64_t layer, const std::vector<std::int32_t>& experts) {
    offload.visit(layer, experts, [](const auto&) {});
  }
  reference::SyntheticModel model = reference::synthetic_model("t1", Dtype::f32);
  ExpertOffload offload{file_of(model, Dtype::f32), 3};
};

// Expert 0 came in first but was requested again, so it is no longer the least recently used.
TEST_F(ThreeSlots, TheLeastRecentlyUsedMakesRoomNotTheFirstIn) {
  for (const std::int32_t e : {0, 1, 2, 0}) ask(1, {e});
  EXPECT_EQ(offload.by_recency(), (Pairs{{1, 0}, {1, 2}, {1, 1}}));
  EXPECT_EQ(offload.counts().evictions, 0);
  ask(1, {3});
  EXPECT_EQ(offload.by_recency(), (Pairs{{1, 3}, {1, 0}, {1, 2}}));  // 1 was evicted
  ask(1, {1});
  EXPECT_EQ(offload.by_recency(), (Pairs{{1, 1}, {1, 3}, {1, 0}}));  // 2 was evicted
  EXPECT_EQ(offload.counts().hits, 1);
  EXPECT_EQ(offload.counts().misses, 5);
  EXPECT_EQ(offload.counts().evictions, 2);
  EXPECT_EQ(offload.counts().bytes, 5 * 3 * 64 * model.config.expert_size * 4);
}

TEST_F(ThreeSlots, ExpertsOfOneNumberInTwoLayersAreTwo) {
  ask(0, {2});
  ask(3, {2});
  EXPECT_EQ(offload.counts().misses, 2);
  EXPECT_EQ(offload.by_recency(), (Pairs{{3, 2}, {0, 2}}));
}

// 3 is resident and is the last of the four requested; because it is taken first, it is a hit.
TEST_F(ThreeSlots, MoreThanFitComeInRoundsThoseInMemoryFirst) {
  ask(2, {3});
  std::vector<std::vector<std::int32_t>> rounds;
  offload.visit(2, {0, 1, 2, 3}, [&](const std::vector<ExpertOffload::Place>& places) {
    rounds.emplace_back();
    for (const ExpertOffload::Place& p : places) rounds.back().push_back(p.expert);
  });
  EXPECT_EQ(rounds, (std::vector<std::vector<std::int32_t>>{{3, 0, 1}, {2}}));
  EXPECT_EQ(offload.counts().hits, 1);
  EXPECT_EQ(offload.counts().misses, 4);
  int calls = 0;
  offload.visit(2, {}, [&](const auto& places) { calls += places.empty() ? 1 : 100; });
  EXPECT_EQ(calls, 1);
}

TEST_F(ThreeSlots, HoldTheWeightsOfTheExpertThatTheySay) {
  for (const std::int64_t layer : {0, 3}) {
    offload.visit(layer, {0, 1, 2, 3}, [&](const std::vector<ExpertOffload::Place>& places) {
      for (const ExpertOffload::Place& p : places) {
        const auto& from = model.weights.blocks[static_cast<std::size_t>(layer)]
                               .experts[static_cast<std::size_t>(p.expert)];
        const std::int64_t gate_up = 4 * from.gate_up.size(), down = 4 * from.down.size();
        EXPECT_EQ(std::memcmp(offload.gate_up() + p.slot * gate_up, from.gate_up.bytes(),
                              static_cast<std::size_t>(gate_up)),
                  0);
        EXPECT_EQ(std::memcmp(offload.down() + p.slot * down, from.down.bytes(),
                              static_cast<std::size_t>(down)),
                  0);
      }
    });
  }
  EXPECT_EQ(offload.resident_bytes(), 3 * 4 * 3 * 64 * model.config.expert_size);
  EXPECT_LE(offload.committed_bytes(), offload.resident_bytes() + 2 * 4096);
}

TEST(ExpertOffload, RefusesNoneAndTakesNoMoreThanThereAre) {
  const reference::SyntheticModel model = reference::synthetic_model("t1", Dtype::f32);
  EXPECT_THROW(ExpertOffload(file_of(model, Dtype::f32), 0), BadInput);
  const ExpertOffload all(file_of(model, Dtype::f32), 1000);
  EXPECT_EQ(all.resident(), model.config.num_blocks() * model.config.num_experts);
  EXPECT_THROW(ExpertFile(model.config, model.weights, Dtype::f32, {"/proc", "the folder"}),
               BadInput);
}

/// Counts the same accesses with a plain recency list.
class CountedByHand final : public LayerObserver {
 public:
  CountedByHand(std::size_t resident, std::int32_t experts)
      : resident_(resident), experts_(experts) {}

  void on_block(std::int64_t, std::int64_t block, std::span<const float>,
                std::span<const std::int32_t> choice, std::span<const float>) override {
    std::set<std::int32_t> asked(choice.begin(), choice.end());
    asked.erase(experts_);
    std::vector<std::int32_t> there, missing;
    for (const std::int32_t e : asked) {
      const bool found =
          std::find(recent_.begin(), recent_.end(), std::pair(block, e)) != recent_.end();
      (found ? there : missing).push_back(e);
    }
    for (const auto* list : {&there, &missing}) {
      for (const std::int32_t e : *list) {
        ++(list == &there ? hits : misses);
        std::erase(recent_, std::pair(block, e));
        recent_.insert(recent_.begin(), {block, e});
        if (recent_.size() > resident_) recent_.pop_back();
      }
    }
  }
  std::int64_t hits = 0, misses = 0;

 private:
  std::size_t resident_;
  std::int32_t experts_;
  std::vector<std::pair<std::int64_t, std::int32_t>> recent_;
};

/// The model with that many resident experts.
struct Offloaded {
  Made made;
  KernelWeights weights;
  ExpertOffload offload;
  KernelModel model;

  Offloaded(Dtype type, SkipRule skip, std::int64_t resident)
      : made(kernels(), "t1", type, skip),
        weights(made.synthetic.config, made.synthetic.weights, type, skip == SkipRule::drop,
                {.how = {}, .without_experts = true}),
        offload(file_of(made.synthetic, type), resident),
        model(made.synthetic.config, weights, skip, Operations(kernels(), Backend::kokkos, true)) {
    model.use_offload(&offload);
  }
};

std::vector<float> logits_of(KernelModel& model, LayerObserver* observer) {
  SequenceStore store = model.make_store(2, 12);
  std::vector<float> all;
  const std::span<const std::int32_t> ids(golden_ids);
  for (const auto& [from, count] : {std::pair{0, 6}, {6, 1}, {7, 1}, {8, 4}}) {
    const SequenceChunk chunk{
        1, ids.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count))};
    const KernelLogits logits = model.forward({&chunk, 1}, store, {.observer = observer});
    all.insert(all.end(), logits.values.begin(), logits.values.end());
  }
  return all;
}

TEST(ExpertOffload, GivesTheSameLogitsWithAnyNumberInMemory) {
  for (const auto& [type, skip] : {std::pair{Dtype::f32, SkipRule::zero},
                                   {Dtype::bf16, SkipRule::identity},
                                   {Dtype::f32, SkipRule::drop}}) {
    Made whole(kernels(), "t1", type, skip);
    const std::vector<float> expected = logits_of(whole.model, nullptr);
    for (const std::int64_t resident : {1, 3, 64}) {
      Offloaded some(type, skip, resident);
      CountedByHand by_hand(static_cast<std::size_t>(some.offload.resident()),
                            static_cast<std::int32_t>(some.model.config().num_experts));
      EXPECT_EQ(logits_of(some.model, &by_hand), expected) << resident << " in memory";
      EXPECT_EQ(some.offload.counts().hits, by_hand.hits) << resident << " in memory";
      EXPECT_EQ(some.offload.counts().misses, by_hand.misses) << resident << " in memory";
      EXPECT_LE(some.offload.committed_bytes(), some.offload.resident_bytes() + 2 * 4096);
    }
  }
}

}  // namespace
}  // namespace kernelgate::model
