// Answers out of texts: the last balanced box, its form, and the vote (S8).
#include <gtest/gtest.h>

#include <string>

#include "reference/rsa/selection.hpp"

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

}  // namespace
}  // namespace kernelgate::rsa
