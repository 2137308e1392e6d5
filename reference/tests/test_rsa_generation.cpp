// Rollouts through a scripted engine: budgets, the forced answer (S9), ends, failures and draws,
// checked against a second generator that runs one rollout at a time.
#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "reference/rsa/generation.hpp"
#include "reference/tests/rsa_double.hpp"
#include "reference/tests/rsa_witness.hpp"

namespace kernelgate::rsa {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::int32_t eos = 900, marker = 901;

// Tokens 0 to 99 from a hash; a test places eos and marker.
struct Script {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::int32_t> at;  // (rollout, position)
  std::int32_t operator()(const SampleRequest& asked) const {
    const auto found = at.find({asked.rollout, asked.position});
    if (found != at.end()) return found->second;
    const std::uint64_t key = asked.rollout * 1000003ULL + asked.round * 10007ULL;
    return static_cast<std::int32_t>(word_at(key, asked.position) % 100);
  }
};

SampleRequest asked_at(std::uint32_t rollout, std::uint32_t position) {
  return {
      .slot = 0, .sampling = {}, .seed = 3, .position = position, .rollout = rollout, .round = 2};
}

std::vector<Request> requests(std::int64_t count, Budget budget) {
  std::vector<Request> list;
  list.reserve(static_cast<std::size_t>(count));
  for (std::int64_t n = 0; n < count; ++n) {
    list.push_back({.round = 2,
                    .rollout = n,
                    .prompt = Ids(static_cast<std::size_t>(n + 1), 7),
                    .budget = budget,
                    .sampling = {}});
  }
  return list;
}

GenerationRules rules() { return {.seed = 3, .eos = {eos}, .end_of_think = marker}; }

std::vector<Rollout> generate(SequenceEngine& engine, const std::vector<Request>& asked,
                              GenerationRules by = rules()) {
  std::vector<Rollout> all(asked.size());
  EngineGenerator(engine, std::move(by)).generate(asked, [&](std::size_t place, Rollout r) {
    all[place] = std::move(r);
  });
  return all;
}

TEST(RsaGeneration, ForcesAnAnswerAtTheCut) {  // S9
  Script script;
  script.at[{1, 3}] = marker;  // rollout 1 ends its reasoning by itself
  script.at[{1, 6}] = eos;
  ScriptedEngine engine(2, script);
  const auto all = generate(engine, requests(2, {.reasoning = 8, .tokens = 12}));
  const Rollout& cut = all[0];
  EXPECT_EQ(cut.reasoning, 8);
  EXPECT_TRUE(cut.forced);
  ASSERT_EQ(cut.tokens.size(), 12U);
  EXPECT_EQ(cut.tokens[8], marker);
  EXPECT_EQ(cut.tokens[9], script(asked_at(0, 9)));
  EXPECT_EQ(cut.finish, Finish::budget);
  // The prompt and all tokens but the last are fed, so the model has seen the marker.
  EXPECT_EQ(engine.fed(0).size(), 1U + 11U);
  EXPECT_EQ(engine.fed(0)[9], marker);
  EXPECT_EQ(all[1].reasoning, 3);
  EXPECT_FALSE(all[1].forced);
  EXPECT_EQ(all[1].tokens.size(), 7U);
  EXPECT_EQ(all[1].finish, Finish::eos);
}

TEST(RsaGeneration, EndsWithTheReasoningWhereNoAnswerIsAskedFor) {
  Script script;
  script.at[{0, 2}] = marker;
  script.at[{1, 2}] = eos;
  ScriptedEngine engine(3, script);
  const auto all = generate(engine, requests(3, {.reasoning = 6, .tokens = 6}));
  EXPECT_EQ(all[0].finish, Finish::end_of_think);
  EXPECT_EQ(all[0].reasoning, 2);
  EXPECT_EQ(all[1].finish, Finish::eos);
  EXPECT_EQ(all[1].reasoning, 2);
  EXPECT_EQ(all[2].finish, Finish::budget);
  EXPECT_EQ(all[2].reasoning, 6);
  EXPECT_EQ(all[2].tokens.size(), 6U);
  EXPECT_FALSE(all[2].forced);
}

TEST(RsaGeneration, WithoutAMarkerAllTokensBeforeEosAreReasoning) {
  Script script;
  script.at[{0, 5}] = eos;
  script.at[{0, 1}] = marker;  // an ordinary id here
  ScriptedEngine engine(1, script);
  const auto all = generate(engine, requests(1, {.reasoning = 9, .tokens = 9}),
                            {.seed = 3, .eos = {eos}, .end_of_think = {}});
  EXPECT_EQ(all[0].reasoning, 5);
  EXPECT_EQ(all[0].tokens.size(), 6U);
}

TEST(RsaGeneration, StepsAllThatLiveAsOneBatch) {
  Script script;
  script.at[{0, 1}] = eos;
  script.at[{2, 3}] = eos;
  ScriptedEngine engine(4, script);
  generate(engine, requests(3, {.reasoning = 5, .tokens = 5}));
  // 3 rollouts step after their first token, 2 after the second, … none after the fifth.
  EXPECT_EQ(engine.batches, (std::vector<std::size_t>{3, 2, 2, 1}));
}

TEST(RsaGeneration, CountsWhatItTook) {
  ScriptedEngine engine(2, Script{});
  EngineGenerator generator(engine, rules());
  const auto asked = requests(2, {.reasoning = 4, .tokens = 4});
  std::vector<std::int64_t> told;
  EngineGenerator watched(engine, rules(), [&](std::int64_t done, std::int64_t most, std::int64_t) {
    EXPECT_EQ(most, 2 + 4);
    told.push_back(done);
  });
  watched.generate(asked, [](std::size_t, const Rollout&) {});
  const GenerationCost cost = watched.cost();
  EXPECT_EQ(cost.prompt_tokens, 1 + 2);
  EXPECT_EQ(cost.generated_tokens, 8);
  EXPECT_EQ(cost.steps, 3);
  EXPECT_EQ(cost.peak_cached_tokens, 1 + 2 + 2 * 3);  // the last token of each is never fed
  EXPECT_EQ(told, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 6}));
}

TEST(RsaGeneration, HandsEveryPromptStepAndDrawToItsTimer) {
  ScriptedEngine engine(2, Script{});
  double next = 0;
  EngineGenerator generator(engine, rules(), {}, [&](const std::function<void()>& work) {
    work();
    next += 1;
    return TimedSpan{next, next == 2};
  });
  generator.generate(requests(2, {.reasoning = 3, .tokens = 3}),
                     [](std::size_t, const Rollout&) {});
  const GenerationCost cost = generator.cost();
  // Two prefills, then a draw, then two pairs of step and draw.
  ASSERT_EQ(cost.prefills.size(), 2U);
  EXPECT_EQ(cost.prefills[0].seconds, 1);
  EXPECT_EQ(cost.prefills[0].disturbed, false);
  EXPECT_EQ(cost.prefills[1].disturbed, true);
  ASSERT_EQ(cost.draws.size(), 3U);
  EXPECT_EQ(cost.draws[0].seconds, 3);
  EXPECT_EQ(cost.draws[2].seconds, 7);
  ASSERT_EQ(cost.decodes.size(), 2U);
  EXPECT_EQ(cost.decodes[0].seconds, 4);
  EXPECT_EQ(cost.decodes[1].seconds, 6);
}

TEST(RsaGeneration, DropsARolloutThatNothingCanBeDrawnFor) {
  Script script;
  script.at[{1, 2}] = -1;
  ScriptedEngine engine(3, script);
  const auto all = generate(engine, requests(3, {.reasoning = 5, .tokens = 5}));
  EXPECT_EQ(all[1].finish, Finish::failed);
  EXPECT_EQ(all[1].failure, "no token could be drawn at position 2");
  EXPECT_EQ(all[0].tokens.size(), 5U);
  EXPECT_EQ(all[2].tokens.size(), 5U);
}

TEST(RsaGeneration, RefusesWhatDoesNotFit) {
  ScriptedEngine engine(2, Script{});
  EXPECT_THROW(generate(engine, requests(3, {.reasoning = 5, .tokens = 5})), BadInput);
  engine.limit = 6;
  EXPECT_NO_THROW(generate(engine, requests(1, {.reasoning = 5, .tokens = 5})));
  EXPECT_THROW(generate(engine, requests(2, {.reasoning = 5, .tokens = 5})), BadInput);
}

TEST(RsaGeneration, EmptiesEverySlotBeforeARound) {
  struct Forgetful : ScriptedEngine {
    using ScriptedEngine::ScriptedEngine;
    void reset(std::int64_t slot) override {
      if (slot != 1) ScriptedEngine::reset(slot);
    }
  } engine(2, Script{});
  const auto asked = requests(2, {.reasoning = 3, .tokens = 3});
  generate(engine, asked);
  EXPECT_THROW(generate(engine, asked), std::logic_error);
}

// Everything that may differ between batched and single generation of a rollout.
struct Seen {
  std::vector<Rollout> rollouts;
  std::vector<Ids> fed;
};

std::string difference(const Seen& a, const Seen& b) {
  for (std::size_t n = 0; n < a.rollouts.size(); ++n) {
    const Rollout &x = a.rollouts[n], &y = b.rollouts[n];
    if (x.tokens != y.tokens) return "tokens";
    if (x.reasoning != y.reasoning || x.finish != y.finish || x.forced != y.forced) return "ends";
    // Single generation may feed a last token that the batch leaves out.
    if (b.fed[n].size() > a.fed[n].size() + 1) return "what the model was fed";
    for (std::size_t i = 0; i < a.fed[n].size(); ++i) {
      if (i >= b.fed[n].size() || a.fed[n][i] != b.fed[n][i]) return "what the model was fed";
    }
  }
  return {};
}

// Compares the batch with the second generator, which runs one rollout at a time, over all kinds of
// ends.
std::string witness_differs(GenerationFault fault) {
  Script script;
  script.at[{1, 3}] = marker;
  script.at[{2, 4}] = eos;
  script.at[{3, 9}] = eos;
  script.at[{5, 2}] = -1;
  for (const Budget budget : {Budget{8, 12}, Budget{8, 8}}) {
    std::vector<Request> asked = requests(6, budget);
    std::swap(asked[0], asked[3]);  // slot and rollout numbers differ
    ScriptedEngine ours(6, script), theirs(6, script);
    Seen batch, single;
    for (int round = 0; round < 2; ++round) {  // the second time in used slots
      batch = {generate(ours, asked), {}};
      single = {witness_generate(theirs, rules(), asked, fault), {}};
    }
    for (std::int64_t slot = 0; slot < 6; ++slot) {
      batch.fed.push_back(ours.fed(slot));
      single.fed.push_back(theirs.fed(slot));
    }
    if (const std::string what = difference(batch, single); !what.empty()) return what;
  }
  return {};
}

TEST(RsaGeneration, GivesInABatchWhatEachRolloutGivesByItself) {
  EXPECT_EQ(witness_differs(GenerationFault::none), "");
}

TEST(RsaGeneration, BrokenGeneratorsAreTold) {
  using F = GenerationFault;
  for (const F fault :
       {F::no_answer, F::marker_not_fed, F::marker_uncounted, F::eos_ignored, F::beta_ignored,
        F::position_of_all, F::slot_for_rollout, F::last_token_fed_twice, F::no_reset}) {
    EXPECT_NE(witness_differs(fault), "") << "fault " << static_cast<int>(fault);
  }
}

}  // namespace
}  // namespace kernelgate::rsa
