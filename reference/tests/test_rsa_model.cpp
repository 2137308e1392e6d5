// RSA on the scalar model T1: the same tokens for any number of threads, any slots and any
// completion order, also in slots that were used before (S6).
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/core/error.hpp"
#include "reference/rsa/draw.hpp"
#include "reference/rsa/loop.hpp"
#include "reference/rsa/reference_engine.hpp"
#include "reference/synthetic.hpp"
#include "reference/tests/rsa_witness.hpp"

namespace kernelgate::rsa {
namespace {

using Ids = std::vector<std::int32_t>;

const Ids query = {2, 39, 76, 113, 150, 113, 224, 261};

const reference::Model& t1() {
  static const reference::Model made = [] {
    auto made_of = reference::synthetic_model("t1");
    return reference::Model(std::move(made_of.config), std::move(made_of.weights));
  }();
  return made;
}

Settings settings() {
  Settings s;
  s.population = 4;
  s.tails = 2;
  s.rounds = 2;
  s.beta = 10;
  s.beta_final = 12;
  s.tau = 4;
  s.seed = 5;
  return s;
}

// Reports an engine's rollouts in a different order.
class Shuffled : public EngineGenerator {
 public:
  Shuffled(SequenceEngine& engine, const Settings& s, std::uint64_t order)
      : EngineGenerator(engine, {.seed = s.seed, .eos = s.eos, .end_of_think = s.end_of_think}),
        order_(order) {}
  void generate(std::span<const Request> requests, const Done& done) override {
    std::vector<std::pair<std::size_t, Rollout>> ended;
    EngineGenerator::generate(
        requests, [&](std::size_t place, Rollout r) { ended.emplace_back(place, std::move(r)); });
    std::rotate(ended.begin(), ended.begin() + static_cast<std::ptrdiff_t>(order_ % ended.size()),
                ended.end());
    if (order_ >= ended.size()) std::reverse(ended.begin(), ended.end());
    for (auto& [place, rollout] : ended) done(place, std::move(rollout));
  }

 private:
  std::uint64_t order_;
};

using Tokens = std::vector<Ids>;

Tokens tokens_of(const std::vector<Rollout>& rollouts) {
  Tokens all;
  for (const Rollout& r : rollouts) all.push_back(r.tokens);
  return all;
}

Tokens run(SequenceEngine& engine, std::uint64_t order = 0, const Settings& s = settings()) {
  static const Prompts prompts(default_templates(nullptr), nullptr);
  Shuffled generator(engine, s, order);
  const Result result = Loop(s, prompts, generator).run(query);
  // |x| + C tau = 8 + 2 4 = 16; 4 (16 + 12) = 112.
  EXPECT_EQ(result.bounds.prompt_tokens, 16);
  EXPECT_EQ(result.bounds.cached_tokens, 112);
  EXPECT_LE(result.longest_prompt(), 16);
  EXPECT_LE(result.peak_cached_tokens(), 112);
  return tokens_of(result.finals());
}

TEST(RsaModel, GivesTheSameTokensForAnyThreadsOrderAndAgain) {
  ReferenceEngine engine(t1(), 4, 1);
  const Tokens expected = run(engine);
  EXPECT_EQ(expected.size(), 4U);
  EXPECT_NE(expected[0], expected[1]);
  EXPECT_EQ(run(engine), expected) << "again, in used slots";
  for (const int threads : {2, 3, 7}) {
    ReferenceEngine other(t1(), 6, threads);
    EXPECT_EQ(run(other), expected) << threads << " threads";
  }
  for (const std::uint64_t order : {1, 3, 6}) {
    EXPECT_EQ(run(engine, order), expected) << "order " << order;
  }
  Settings other_seed = settings();
  other_seed.seed = 6;
  EXPECT_NE(run(engine, 0, other_seed), expected);
}

TEST(RsaModel, AgreesWithLoopAndGeneratorWrittenASecondTime) {
  struct OneByOne : Generator {
    SequenceEngine& engine;
    explicit OneByOne(SequenceEngine& with) : engine(with) {}
    void generate(std::span<const Request> requests, const Done& done) override {
      auto all = witness_generate(engine, {.seed = 5, .eos = {}, .end_of_think = {}}, requests,
                                  GenerationFault::none);
      for (std::size_t n = 0; n < all.size(); ++n) done(n, std::move(all[n]));
    }
    GenerationCost cost() const override { return {}; }
  };
  ReferenceEngine ours(t1(), 4, 2), theirs(t1(), 4, 1);
  OneByOne generator(theirs);
  const Prompts prompts(default_templates(nullptr), nullptr);
  EXPECT_EQ(run(ours),
            tokens_of(witness_loop(settings(), prompts, query, generator, LoopFault::none)));
}

// S6: an engine whose slots keep part of the previous round's state.
enum class Stale { convolution, lag, cache };

class StaleEngine : public ReferenceEngine {
 public:
  explicit StaleEngine(Stale kept) : ReferenceEngine(t1(), 4, 1), kept_(kept) {}
  void reset(std::int64_t slot) override {
    const auto before = at(slot).state.slots[0];
    if (kept_ == Stale::cache) return;
    ReferenceEngine::reset(slot);
    auto& after = at(slot).state.slots[0];
    for (std::size_t i = 0; i < after.blocks.size(); ++i) {
      if (kept_ == Stale::convolution) after.blocks[i].u = before.blocks[i].u;
      if (kept_ == Stale::lag) after.blocks[i].lag = before.blocks[i].lag;
    }
  }

 private:
  Stale kept_;
};

TEST(RsaModel, StaleStateOfAnEarlierRoundIsTold) {
  ReferenceEngine fresh(t1(), 4, 1);
  const Tokens expected = run(fresh);
  for (const Stale kept : {Stale::convolution, Stale::lag}) {
    StaleEngine engine(kept);
    EXPECT_NE(run(engine), expected) << static_cast<int>(kept);
  }
  StaleEngine keeps_cache(Stale::cache);
  EXPECT_THROW(run(keeps_cache), std::logic_error);
}

TEST(RsaModel, DrawsGreedilyWhatTheModelContinuesWith) {
  Settings s = settings();
  s.rounds = 0;
  s.beta_final = s.beta;
  s.sampling.temperature = 0;
  ReferenceEngine engine(t1(), 4, 2);
  const Prompts prompts(default_templates(nullptr), nullptr);
  EngineGenerator generator(engine, {.seed = 1, .eos = {}, .end_of_think = {}});
  const Result result = Loop(s, prompts, generator).run(query);
  for (const Rollout& r : result.finals()) EXPECT_EQ(r.tokens, t1().greedy(query, 10));
}

TEST(RsaModel, LeavesPaddingIdsOut) {
  Settings s = settings();
  s.sampling.valid = 40;
  ReferenceEngine engine(t1(), 4, 2);
  for (const Ids& tokens : run(engine, 0, s)) {
    EXPECT_LT(*std::max_element(tokens.begin(), tokens.end()), 40);
  }
}

TEST(ReferenceEngine, CountsItsBytes) {
  ReferenceEngine engine(t1(), 3, 1);
  engine.feed(1, query);
  EXPECT_EQ(engine.cached_tokens(0), 0);
  EXPECT_EQ(engine.cached_tokens(1), 8);
  // T1: 4 blocks, kv d = 32, C = 96, lag 16, two rows of each; doubles.
  EXPECT_EQ(engine.cache_bytes_per_token(), 4 * 2 * 32 * 8);
  EXPECT_EQ(engine.fixed_state_bytes(), 3 * 4 * 2 * (96 + 16) * 8);
  const SlotToken next{1, 7};
  engine.step({&next, 1});
  EXPECT_EQ(engine.cached_tokens(1), 9);
  engine.reset(1);
  EXPECT_EQ(engine.cached_tokens(1), 0);
}

TEST(ReferenceEngine, ChunksAndStepsGiveTheLogitsOfOnePrompt) {
  ReferenceEngine engine(t1(), 3, 1);
  engine.feed(0, query);
  engine.feed(1, std::span(query).first(3));
  engine.feed(1, std::span(query).subspan(3));
  engine.feed(2, std::span(query).first(7));
  const SlotToken last{2, query[7]};
  engine.step({&last, 1});
  const std::vector<float> whole(engine.logits(0).begin(), engine.logits(0).end());
  for (const std::int64_t slot : {1, 2}) {
    EXPECT_TRUE(std::equal(whole.begin(), whole.end(), engine.logits(slot).begin())) << slot;
  }
}

TEST(ReferenceEngine, RefusesWhatIsWrongWithItsStateAsItWas) {
  ReferenceEngine engine(t1(), 2, 1);
  engine.feed(0, query);
  const SlotToken twice[] = {{0, 1}, {0, 2}}, unknown[] = {{0, 1}, {1, 512}}, outside[] = {{2, 1}};
  EXPECT_THROW(engine.step(twice), BadInput);
  EXPECT_THROW(engine.step(unknown), BadInput);
  EXPECT_THROW(engine.step(outside), BadInput);
  EXPECT_THROW(engine.feed(0, {}), BadInput);
  EXPECT_THROW(engine.reset(-1), BadInput);
  EXPECT_THROW(engine.logits(1), BadInput);
  EXPECT_EQ(engine.cached_tokens(0), 8);
}

// A draw is thin if two ids score almost equally; other draws are not.
SampleRequest plain(std::uint32_t position) {
  return {.slot = 0, .sampling = {}, .seed = 9, .position = position, .rollout = 1, .round = 2};
}

// The smallest float logit of id 1, against 0 for id 0, at which id 1 is drawn.
float turning_point(const SampleRequest& request) {
  float low = -60, high = 60;
  while (std::nextafter(low, high) < high) {
    const float middle = low + (high - low) / 2;
    const float logits[] = {0, middle};
    (draw(logits, request).token == 1 ? high : low) = middle;
  }
  return high;
}

TEST(RsaDraw, SaysWhereRoundingCouldHaveDrawnAnotherToken) {
  for (std::uint32_t position = 0; position < 50; ++position) {
    const SampleRequest request = plain(position);
    const float turn = turning_point(request);
    const float at[] = {0, turn}, above[] = {0, turn + 0.01F}, below[] = {0, turn - 0.01F};
    EXPECT_TRUE(draw(at, request).thin) << position;
    EXPECT_FALSE(draw(above, request).thin);
    EXPECT_FALSE(draw(below, request).thin);
    // A logit error of 0.01 makes the draw ambiguous; 0.001 does not.
    EXPECT_TRUE(draw(above, request, 0.01).thin);
    EXPECT_FALSE(draw(above, request, 0.001).thin);
    EXPECT_EQ(honest_draws(above, request, 0.01), (std::vector<std::int64_t>{0, 1}));
    EXPECT_EQ(honest_draws(above, request), (std::vector<std::int64_t>{1}));
  }
}

TEST(RsaDraw, GivesItsProbabilityAndNothingWhereNothingIsAllowed) {
  const float even[] = {1, 1};
  EXPECT_EQ(draw(even, plain(0)).probability, 0.5);
  const float nothing[] = {NAN, -INFINITY};
  EXPECT_EQ(draw(nothing, plain(0)).token, -1);
  SampleRequest greedy = plain(0);
  greedy.sampling.temperature = 0;
  const float rising[] = {1, 2, 2};
  EXPECT_EQ(draw(rising, greedy).token, 1);
  EXPECT_EQ(draw(rising, greedy).probability, 1);
}

}  // namespace
}  // namespace kernelgate::rsa
