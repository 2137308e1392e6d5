// Answers from texts: the last balanced box, its normalised form, and the vote (S8).
#include <gtest/gtest.h>

#include <string>

#include "reference/rsa/choice.hpp"
#include "reference/rsa/selection.hpp"
#include "reference/tests/rsa_double.hpp"

namespace kernelgate::rsa {
namespace {

TEST(RsaBoxed, IsTheLastOneThatBalances) {
  const std::pair<const char*, std::optional<std::string>> rows[] = {
      {"", std::nullopt},
      {"no box", std::nullopt},
      {"\\boxed{1}", "1"},
      {"so \\boxed{1}, no: \\boxed{2}.", "2"},
      {"\\boxed{\\frac{1}{2}} is it", "\\frac{1}{2}"},
      {"\\boxed{a{b}c} then \\boxed{cut {", "a{b}c"},
      {"\\boxed{never closed", std::nullopt},
      {"\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"},
      {"\\boxed{\\}", std::nullopt},
      {"\\boxed{}", ""},
      {"\\boxed{outer \\boxed{inner}}", "inner"},
      {"\\boxed{\\boxed{x}", "x"},
      {"boxed{1}", std::nullopt},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(last_boxed(text), expected) << text;
}

TEST(RsaBoxed, IsComparedInOneForm) {
  EXPECT_EQ(normalised(" $\\left( 1,\\, 2 \\right)$. "), "(1,2)");
  EXPECT_EQ(normalised("\\leftarrow x"), "\\leftarrowx");
  EXPECT_EQ(normalised("1 000"), "1000");
  EXPECT_EQ(normalised(""), "");
}

Candidate says(const char* answer, Finish finish = Finish::eos) { return {finish, answer}; }
const Candidate silent{Finish::eos, std::nullopt};

TEST(RsaMajority, CountsEqualForms) {
  const auto vote = majority({says("2"), says("x = 1"), says("x=1"), silent});
  ASSERT_TRUE(vote);
  EXPECT_EQ(vote->answer, "x = 1");
  EXPECT_EQ(vote->votes, 2);
  EXPECT_EQ(vote->voters, 3);
  EXPECT_EQ(vote->rollout, 1);
}

TEST(RsaMajority, ATieGoesToTheLowestRollout) {  // S8
  EXPECT_EQ(majority({says("b"), says("a"), says("a"), says("b")})->answer, "b");
  EXPECT_EQ(majority({silent, says("z"), says("a")})->answer, "z");
}

TEST(RsaMajority, LeavesOutWhoFailedOrHasNoBox) {
  const auto vote = majority({says("1", Finish::failed), says("1", Finish::failed), says("2")});
  EXPECT_EQ(vote->answer, "2");
  EXPECT_EQ(vote->voters, 1);
  EXPECT_FALSE(majority({silent, says("1", Finish::failed)}));
  EXPECT_FALSE(majority({}));
  EXPECT_FALSE(majority({silent, says("1")}, 2));
  EXPECT_TRUE(majority({says("2"), says("1")}, 2));
}

TEST(RsaMajority, IsStoodForByARolloutThatEndedByItself) {
  const auto vote = majority({says("1", Finish::budget), says("2"), says("1")});
  EXPECT_EQ(vote->answer, "1");
  EXPECT_EQ(vote->rollout, 2);
  EXPECT_EQ(majority({says("1", Finish::budget)})->rollout, 0);
}

// The text of a rollout has a box if `boxed` contains (round, rollout).
Choice chosen(Selection selection, const std::map<std::pair<int, int>, std::string>& boxed,
              TaggedGenerator& generator) {
  Settings s;
  s.population = 4;
  s.tails = 3;
  s.beta = s.beta_final = 20;
  s.tau = 6;
  const Prompts prompts(default_templates(nullptr), nullptr);
  const std::vector<std::int32_t> query = {1000000001};
  Loop loop(s, prompts, generator);
  const Result result = loop.run(query);
  return choose(loop, result, query, selection, [&](std::span<const std::int32_t> tokens) {
    const std::int32_t made = tokens[0] / TaggedGenerator::max_tokens;
    const auto found =
        boxed.find({made / TaggedGenerator::max_rollouts, made % TaggedGenerator::max_rollouts});
    return found == boxed.end() ? std::string("no box") : "so \\boxed{" + found->second + "}";
  });
}

TEST(RsaChoice, IsTheVoteOrOneMoreRollout) {
  TaggedGenerator generator;
  const Choice majority_of_one = chosen(Selection::majority, {{{2, 3}, "7"}}, generator);
  EXPECT_EQ(majority_of_one.answer(), "7");
  EXPECT_FALSE(majority_of_one.extra);
  const Choice two_voters = chosen(Selection::msgl, {{{2, 3}, "7"}, {{2, 1}, "8"}}, generator);
  EXPECT_EQ(two_voters.answer(), "8");
  EXPECT_FALSE(two_voters.extra);
  // MSGL needs two voters: with one, round 3 decides, and the voter's box is used if it has none.
  const Choice more = chosen(Selection::msgl, {{{2, 3}, "7"}, {{3, 0}, "9"}}, generator);
  EXPECT_EQ(more.answer(), "9");
  ASSERT_TRUE(more.extra);
  EXPECT_EQ(generator.asked.back().front().sampling.temperature, 0.3);
  EXPECT_EQ(chosen(Selection::msgl, {{{2, 3}, "7"}}, generator).answer(), "7");
  EXPECT_EQ(chosen(Selection::msgl, {}, generator).answer(), std::nullopt);
  EXPECT_EQ(chosen(Selection::none, {{{2, 3}, "7"}}, generator).answer(), std::nullopt);
}

TEST(RsaChoice, AFailedRolloutHasNoVote) {
  TaggedGenerator generator;
  generator.failing = {{2, 0}, {2, 1}};
  const Choice choice =
      chosen(Selection::majority, {{{2, 0}, "1"}, {{2, 1}, "1"}, {{2, 2}, "2"}}, generator);
  EXPECT_EQ(choice.answer(), "2");
}

}  // namespace
}  // namespace kernelgate::rsa
