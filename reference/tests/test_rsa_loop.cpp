// The RSA loop against the deterministic double of spec 8.1 (a to f) and rows S4, S5, S7 and S8 of
// 12.6. Each rule is checked on the loop and on a second loop with a seeded bug against that rule.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "reference/rsa/loop.hpp"
#include "reference/rsa/selection.hpp"
#include "reference/tests/rsa_double.hpp"
#include "reference/tests/rsa_witness.hpp"

namespace kernelgate::rsa {
namespace {

using Ids = std::vector<std::int32_t>;
using Complaint = std::optional<std::string>;
// Runs any loop on a generator and returns the final rollouts.
using AnyLoop = std::function<std::vector<Rollout>(const Settings&, Generator&)>;
// A rule: returns the violation, or nothing if the loop follows the rule.
using Rule = std::function<Complaint(const AnyLoop&)>;

const Ids query = {1000000001, 1000000002, 1000000003};  // ids that no rollout generates

Settings settings() {
  Settings s;
  s.population = 8;
  s.tails = 3;
  s.rounds = 2;
  s.beta = 20;
  s.beta_final = 32;
  s.tau = 6;
  s.seed = 11;
  return s;
}

const Prompts& prompts() {
  static const Prompts made(default_templates(nullptr), nullptr);
  return made;
}

std::vector<Rollout> real_loop(const Settings& s, Generator& generator) {
  return Loop(s, prompts(), generator).run(query).finals();
}

AnyLoop broken(LoopFault fault) {
  return [fault](const Settings& s, Generator& generator) {
    return witness_loop(s, prompts(), query, generator, fault);
  };
}

// The tails of a prompt, which follow the query. A tail is a run of consecutive ids, since tagged
// tokens of one rollout count upwards.
std::vector<Ids> tails_in(const Ids& prompt) {
  std::vector<Ids> tails;
  for (std::size_t i = query.size(); i < prompt.size(); ++i) {
    if (i == query.size() || prompt[i] != prompt[i - 1] + 1) tails.emplace_back();
    tails.back().push_back(prompt[i]);
  }
  return tails;
}

std::int64_t maker_of(std::int32_t token) {
  return token / TaggedGenerator::max_tokens % TaggedGenerator::max_rollouts;
}

std::string place(const Request& r) {
  return " in rollout " + std::to_string(r.rollout) + " of round " + std::to_string(r.round);
}

// (a), (e), S4, S7: every prompt consists of the query and whole tails of C different survivors.
Complaint tails_are_right(const AnyLoop& loop, TaggedGenerator& generator, const Settings& s) {
  loop(s, generator);
  for (std::size_t round = 1; round < generator.asked.size(); ++round) {
    for (const Request& request : generator.asked[round]) {
      if (!std::equal(query.begin(), query.end(), request.prompt.begin())) {
        return "no query" + place(request);
      }
      const std::vector<Ids> tails = tails_in(request.prompt);
      const auto& before = generator.made[round - 1];
      const auto alive = std::count_if(before.begin(), before.end(),
                                       [](const Rollout& r) { return r.finish != Finish::failed; });
      if (static_cast<std::int64_t>(tails.size()) != std::min<std::int64_t>(s.tails, alive)) {
        return std::to_string(tails.size()) + " tails" + place(request);
      }
      std::set<std::int64_t> makers;
      for (const Ids& tail : tails) {
        const std::int64_t maker = maker_of(tail.front());
        const Rollout& from = before.at(static_cast<std::size_t>(maker));
        const std::int64_t length = std::min(s.tau, from.reasoning);
        Ids expected;
        for (std::int64_t i = from.reasoning - length; i < from.reasoning; ++i) {
          expected.push_back(TaggedGenerator::token(request.round - 1, maker, i));
        }
        if (from.finish == Finish::failed) return "a failed rollout's tail" + place(request);
        if (tail != expected) return "a wrong tail" + place(request);
        if (!makers.insert(maker).second) return "twice the same tail" + place(request);
      }
    }
  }
  return std::nullopt;
}

Complaint carries_tails(const AnyLoop& loop) {
  TaggedGenerator generator;
  return tails_are_right(loop, generator, settings());
}

// (f), S7: failed rollouts are dropped, and the next round has the full population.
Complaint drops(const AnyLoop& loop, std::set<std::pair<std::int64_t, std::int64_t>> failing) {
  TaggedGenerator generator;
  generator.failing = std::move(failing);
  const Settings s = settings();
  if (Complaint wrong = tails_are_right(loop, generator, s)) return wrong;
  for (const auto& round : generator.asked) {
    if (round.size() != 8) return "a round of " + std::to_string(round.size());
  }
  return std::nullopt;
}

Complaint drops_failed(const AnyLoop& loop) { return drops(loop, {{0, 0}, {0, 5}, {1, 7}}); }

// S7: with fewer survivors than C, the prompts contain one tail per survivor.
Complaint goes_on_with_few(const AnyLoop& loop) {
  return drops(loop, {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}});
}

Complaint reports_a_dead_round(const AnyLoop& loop) {
  TaggedGenerator generator;
  for (std::int64_t n = 0; n < 8; ++n) generator.failing.insert({1, n});
  try {
    loop(settings(), generator);
  } catch (const AllFailed&) {
    return std::nullopt;
  }
  return "a round without a survivor went unnoticed";
}

// (b), S5: |x| + C tau, independent of T.
Complaint bounds_prompts(const AnyLoop& loop) {
  for (std::int64_t rounds = 0; rounds < 6; ++rounds) {
    Settings s = settings();
    s.rounds = rounds;
    if (rounds == 0) s.beta_final = s.beta;
    TaggedGenerator generator;
    try {
      loop(s, generator);
    } catch (const std::logic_error& broken_bound) {
      return broken_bound.what();
    }
    for (const auto& round : generator.asked) {
      for (const Request& request : round) {
        if (request.prompt.size() > 3 + 3 * 6) return "a long prompt" + place(request);
      }
    }
  }
  return std::nullopt;
}

// (d): beta in all rounds except the last; T rounds after round 0.
Complaint keeps_budgets(const AnyLoop& loop) {
  TaggedGenerator generator;
  loop(settings(), generator);
  if (generator.asked.size() != 3) return std::to_string(generator.asked.size()) + " rounds";
  for (std::size_t round = 0; round < 3; ++round) {
    const Budget expected = round == 2 ? Budget{32, 32} : Budget{20, 20};
    for (const Request& request : generator.asked[round]) {
      if (request.budget != expected) return "a wrong budget" + place(request);
    }
  }
  return std::nullopt;
}

// (c): the result does not depend on the order in which rollouts end.
Complaint ignores_completion_order(const AnyLoop& loop) {
  TaggedGenerator in_order;
  const std::vector<Rollout> expected = loop(settings(), in_order);
  for (std::uint64_t shuffle = 1; shuffle <= 20; ++shuffle) {
    TaggedGenerator shuffled;
    shuffled.shuffle = shuffle;
    const std::vector<Rollout> got = loop(settings(), shuffled);
    for (std::size_t n = 0; n < expected.size(); ++n) {
      if (got.at(n).tokens != expected[n].tokens) return "another final rollout";
    }
    for (std::size_t round = 0; round < in_order.asked.size(); ++round) {
      for (std::size_t n = 0; n < in_order.asked[round].size(); ++n) {
        if (shuffled.asked[round][n].prompt != in_order.asked[round][n].prompt) {
          return "another prompt" + place(in_order.asked[round][n]);
        }
      }
    }
  }
  return std::nullopt;
}

// Each rollout of a round draws its own subset.
Complaint draws_for_each(const AnyLoop& loop) {
  TaggedGenerator generator;
  loop(settings(), generator);
  std::set<Ids> different;
  for (const Request& request : generator.asked[1]) different.insert(request.prompt);
  // 8 ordered draws of 3 of 8: two of 336 lists may well be equal, but not all of them.
  if (different.size() == 1) return "one subset for all";
  return std::nullopt;
}

// S8: two answers with two votes each; only the order of completion varies.
Complaint votes_by_rollout(const AnyLoop& loop) {
  Settings s = settings();
  s.population = 4;
  for (std::uint64_t shuffle = 0; shuffle <= 20; ++shuffle) {
    TaggedGenerator generator;
    generator.shuffle = shuffle;
    std::vector<Candidate> candidates;
    for (const Rollout& r : loop(s, generator)) {
      const std::int64_t who = maker_of(r.tokens.front());
      candidates.push_back({Finish::eos, who == 1 || who == 2 ? "two" : "one"});
    }
    const auto vote = majority(candidates);
    if (!vote || vote->answer != "one" || vote->votes != 2) return "another answer won";
  }
  return std::nullopt;
}

struct Case {
  const char* rule_name;
  Rule rule;
  std::vector<LoopFault> refused;
};

std::vector<Case> cases() {
  using F = LoopFault;
  return {
      {"carries tails",
       carries_tails,
       {F::tail_in_bytes, F::tail_from_the_start, F::short_tail_dropped, F::answer_carried,
        F::twins, F::prompt_grows}},
      {"drops failed", drops_failed, {F::failed_carried, F::failed_shrinks}},
      {"goes on with few", goes_on_with_few, {F::failed_carried, F::failed_shrinks}},
      {"reports a dead round", reports_a_dead_round, {F::failed_ignored}},
      {"bounds prompts", bounds_prompts, {F::prompt_grows}},
      {"keeps budgets",
       keeps_budgets,
       {F::final_budget_always, F::final_budget_never, F::one_round_less}},
      {"ignores completion order", ignores_completion_order, {F::completion_order}},
      {"draws for each", draws_for_each, {F::one_subset}},
      {"votes by rollout", votes_by_rollout, {F::completion_order}},
  };
}

TEST(RsaLoop, KeepsEveryRule) {
  for (const Case& c : cases()) {
    EXPECT_EQ(c.rule(real_loop), std::nullopt) << c.rule_name;
  }
}

TEST(RsaLoop, AgreesWithALoopWrittenASecondTime) {
  for (const Case& c : cases()) {
    EXPECT_EQ(c.rule(broken(LoopFault::none)), std::nullopt) << c.rule_name;
  }
  TaggedGenerator ours, theirs;
  ours.failing = theirs.failing = {{0, 3}, {1, 0}};
  real_loop(settings(), ours);
  broken(LoopFault::none)(settings(), theirs);
  ASSERT_EQ(ours.asked.size(), theirs.asked.size());
  for (std::size_t round = 0; round < ours.asked.size(); ++round) {
    for (std::size_t n = 0; n < ours.asked[round].size(); ++n) {
      EXPECT_EQ(ours.asked[round][n].prompt, theirs.asked[round][n].prompt);
    }
  }
}

TEST(RsaLoop, EveryRuleRefusesTheLoopsThatBreakIt) {
  for (const Case& c : cases()) {
    for (const LoopFault fault : c.refused) {
      EXPECT_NE(c.rule(broken(fault)), std::nullopt)
          << c.rule_name << ", fault " << static_cast<int>(fault);
    }
  }
}

TEST(RsaLoop, CarriesReasoningAndNeverTheAnswer) {
  // 5 reasoning tokens, a marker and 3 answer tokens; tau 4.
  Rollout r;
  r.tokens = {10, 11, 12, 13, 14, 99, 20, 21, 22};
  r.reasoning = 5;
  EXPECT_EQ(tail_of(r, 4), (Ids{11, 12, 13, 14}));
  EXPECT_EQ(tail_of(r, 5), (Ids{10, 11, 12, 13, 14}));
  EXPECT_EQ(tail_of(r, 400), (Ids{10, 11, 12, 13, 14}));
  r.reasoning = 0;
  EXPECT_EQ(tail_of(r, 4), Ids{});
}

TEST(RsaLoop, WithoutRoundsIsPlainSampling) {
  Settings s = settings();
  s.rounds = 0;
  s.beta_final = s.beta;
  TaggedGenerator generator;
  const Result result = Loop(s, prompts(), generator).run(query);
  ASSERT_EQ(generator.asked.size(), 1U);
  for (const Request& request : generator.asked[0]) EXPECT_EQ(request.prompt, query);
  EXPECT_EQ(result.bounds.prompt_tokens, 3);
  EXPECT_EQ(result.bounds.cached_tokens, 8 * (3 + 20));
}

TEST(RsaLoop, WithATailAsLongAsTheBudgetCarriesEverything) {
  Settings s = settings();
  s.tau = s.beta;
  TaggedGenerator generator;
  Loop(s, prompts(), generator).run(query);
  for (const Request& request : generator.asked[1]) {
    for (const Ids& tail : tails_in(request.prompt)) {
      EXPECT_EQ(tail.front() % TaggedGenerator::max_tokens, 0);  // starts at the first token
    }
  }
}

TEST(RsaLoop, RefusesAnEngineThatHoldsMoreThanTheBound) {
  struct Hoarder : TaggedGenerator {
    GenerationCost cost() const override {
      return {.peak_cached_tokens = 8 * (3 + 3 * 6 + 32) + 1};
    }
  } hoarder;
  try {
    real_loop(settings(), hoarder);
    FAIL() << "not refused";
  } catch (const std::logic_error& error) {
    EXPECT_NE(std::string(error.what()).find("peak of cached tokens is 425, expected at most 424"),
              std::string::npos)
        << error.what();
  }
}

TEST(RsaLoop, AsksForOneMoreRolloutFromTheFinalTails) {
  TaggedGenerator generator;
  Loop loop(settings(), prompts(), generator);
  const Result result = loop.run(query);
  const RoundReport more = loop.one_more(query, result, 0.3);
  ASSERT_EQ(more.rollouts.size(), 1U);
  const Request& asked = generator.asked.back().front();
  EXPECT_EQ(asked.round, 3);
  EXPECT_EQ(asked.sampling.temperature, 0.3);
  EXPECT_EQ(asked.budget, (Budget{32, 32}));
  EXPECT_EQ(tails_in(asked.prompt).size(), 3U);
  EXPECT_EQ(asked.prompt[3] / TaggedGenerator::max_tokens / TaggedGenerator::max_rollouts, 2);
}

}  // namespace
}  // namespace kernelgate::rsa
