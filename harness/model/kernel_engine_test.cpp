// Tests that RSA on kernels draws the same tokens as RSA on the scalar model. They may differ where
// a draw was thin, which is reported.
#include "harness/model/kernel_engine.hpp"

#include <gtest/gtest.h>

#include "harness/core/error.hpp"
#include "harness/model/model_testing.hpp"
#include "reference/rsa/generation.hpp"
#include "reference/rsa/loop.hpp"
#include "reference/rsa/reference_engine.hpp"

namespace kernelgate::model {
namespace {

const Registry& kernels() {
  static const Registry registry = all_kernels();
  return registry;
}

rsa::Settings settings() {
  rsa::Settings s;
  s.population = 4;
  s.tails = 2;
  s.rounds = 2;
  s.beta = 10;
  s.beta_final = 12;
  s.tau = 4;
  s.seed = 5;
  return s;
}

rsa::Result run(rsa::SequenceEngine& engine, const rsa::Settings& s = settings()) {
  static const rsa::Prompts prompts(rsa::default_templates(nullptr), nullptr);
  rsa::EngineGenerator generator(engine,
                                 {.seed = s.seed, .eos = s.eos, .end_of_think = s.end_of_think});
  const Ids query{2, 39, 76, 113, 150, 113, 224, 261};
  return rsa::Loop(s, prompts, generator).run(query);
}

std::vector<Ids> tokens_of(const rsa::Result& result) {
  std::vector<Ids> all;
  for (const rsa::RoundReport& round : result.rounds) {
    for (const rsa::Rollout& r : round.rollouts) all.push_back(r.tokens);
  }
  return all;
}

std::int64_t thin_draws(const rsa::Result& result) {
  std::int64_t thin = 0;
  for (const rsa::RoundReport& round : result.rounds) thin += round.thin();
  return thin;
}

TEST(KernelEngine, DrawsTheReferencesTokens) {
  for (const std::uint64_t seed : {5U, 6U, 7U}) {
    rsa::Settings s = settings();
    s.seed = seed;
    Made made(kernels(), "t1");
    const reference::Model scalar(made.synthetic.config, made.synthetic.weights);
    rsa::ReferenceEngine reference(scalar, 4, 2, 1e-4);
    KernelEngine engine(made.model, 4, 28, 1e-4, "kernels");
    const rsa::Result expected = run(reference, s), got = run(engine, s);
    ASSERT_EQ(thin_draws(expected), 0) << seed << ": choose a seed without thin draws";
    EXPECT_EQ(tokens_of(got), tokens_of(expected)) << seed;
    EXPECT_EQ(got.peak_cached_tokens(), expected.peak_cached_tokens());
  }
}

// S6: slots keep nothing of an earlier use.
TEST(KernelEngine, DrawsThemAgainInUsedSlots) {
  Made made(kernels(), "t1");
  KernelEngine engine(made.model, 4, 28, 1e-4, "kernels");
  const std::vector<Ids> first = tokens_of(run(engine));
  EXPECT_EQ(tokens_of(run(engine)), first);
  KernelEngine more(made.model, 6, 40, 1e-4, "kernels");  // other slots, another capacity
  EXPECT_EQ(tokens_of(run(more)), first);
}

TEST(KernelEngine, SaysWhereADrawWasThin) {
  Made made(kernels(), "t1");
  KernelEngine sure(made.model, 1, 16, 0, "kernels"), doubtful(made.model, 1, 16, 5, "kernels");
  for (KernelEngine* engine : {&sure, &doubtful}) {
    engine->feed(0, golden_ids);
    const rsa::SampleRequest request{.slot = 0, .sampling = {}, .seed = 9, .position = 12};
    rsa::SampledToken token;
    engine->sample({&request, 1}, {&token, 1});
    EXPECT_EQ(token.thin, engine == &doubtful);  // logits may be off by 5, so the draw is uncertain
    EXPECT_GE(token.token, 0);
    EXPECT_GT(token.probability, 0);
  }
}

TEST(KernelEngine, RefusesWhatHasNoLogitsOrNoSlot) {
  Made made(kernels(), "t0");
  KernelEngine engine(made.model, 2, 4, 0, "kernels");
  EXPECT_THROW(engine.logits(1), BadInput);
  EXPECT_THROW(engine.reset(2), BadInput);
  EXPECT_THROW(engine.feed(0, Ids{1, 2, 3, 4, 5}), BadInput);
  engine.feed(0, Ids{1, 2, 3, 4});
  const rsa::SlotToken full{0, 1};
  EXPECT_THROW(engine.step({&full, 1}), BadInput);
  EXPECT_EQ(engine.cached_tokens(0), 4);
  EXPECT_EQ(engine.cache_bytes_per_token(), 2 * 2 * 2 * 16 * 4);
}

}  // namespace
}  // namespace kernelgate::model
