#include "harness/compare/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace kernelgate {
namespace {

using ::testing::HasSubstr;

Comparison result(compare::Answer answer, double p, const std::string& axes = "tokens=1,f32") {
  Comparison r;
  r.target = {"linear", "kokkos", axes, "f32", Backend::kokkos};
  r.rounds = 20;
  r.answer = answer;
  r.ended.p_slower = p;
  r.ended.effect.pairs = r.again.effect.pairs = 20;
  r.ended.effect.estimate = std::log(1.05);
  r.ended.effect.lower = std::log(1.03);
  r.ended.effect.upper = std::log(1.07);
  r.again.effect.lower = -0.01;
  r.again.effect.upper = 0.01;
  r.baseline_seconds = {1e-3, 1e-3, 1e-3, 1e-3};
  r.candidate_seconds = {1.05e-3, 1.05e-3, 1.05e-3, 1.05e-3};
  return r;
}

TEST(EffectText, SaysTheDirectionInWords) {
  EXPECT_EQ(effect_text(std::log(1.021)), "2.1 % slower");
  EXPECT_EQ(effect_text(-std::log(1.021)), "2.1 % faster");
  EXPECT_EQ(effect_text(1e-5), "0.0 %");
}

TEST(CompareExit, PutsIncorrectBeforeInvalidBeforeSlower) {
  using enum compare::Answer;
  Comparison wrong = result(same, 1);
  wrong.status = Status::incorrect;
  Comparison invalid = result(same, 1);
  invalid.invalid = true;
  Comparison absent = result(same, 1);
  absent.status = Status::unsupported;
  EXPECT_EQ(exit_of({result(slower, 0), invalid, wrong}, false), ExitCode::incorrect);
  EXPECT_EQ(exit_of({result(slower, 0), invalid}, false), ExitCode::invalid_environment);
  EXPECT_EQ(exit_of({result(slower, 0), result(cannot_tell, 1)}, true), ExitCode::slower);
  EXPECT_EQ(exit_of({result(same, 1), result(cannot_tell, 1)}, false), ExitCode::clean);
  EXPECT_EQ(exit_of({result(same, 1), result(cannot_tell, 1)}, true), ExitCode::cannot_tell);
  EXPECT_EQ(exit_of({absent}, true), ExitCode::nothing_ran);
  EXPECT_EQ(exit_of({}, false), ExitCode::nothing_ran);
}

TEST(CompareExit, NeverTakesEqualCodeForSlower) {
  Comparison equal = result(compare::Answer::slower, 0);
  equal.same_code = true;
  EXPECT_EQ(equal.verdict(), "same_code");
  EXPECT_EQ(exit_of({equal}, true), ExitCode::clean);
}

TEST(CompareTable, ListsTheSurestSlowdownFirst) {
  using enum compare::Answer;
  const std::string text =
      compare_table({result(same, 1, "tokens=1,f32"), result(slower, 0.02, "tokens=2,f32"),
                     result(slower, 0.001, "tokens=3,f32")},
                    {});
  EXPECT_LT(text.find("tokens=3,f32"), text.find("tokens=2,f32"));
  EXPECT_LT(text.find("tokens=2,f32"), text.find("tokens=1,f32"));
  EXPECT_THAT(text, HasSubstr("5.0 % slower"));
  EXPECT_THAT(text, HasSubstr("+3.0 .. +7.0 %"));
}

TEST(CompareTable, SaysHowManySamplesWereDisturbedOrThatTheSystemDoesNotShowIt) {
  Comparison r = result(compare::Answer::same, 1);
  EXPECT_THAT(compare_table({r}, {}), HasSubstr("disturbed: not shown by this system\n"));
  r.disturbed = {.samples = 990, .marked = 424, .all_marked = 0};
  EXPECT_THAT(compare_table({r}, {}),
              HasSubstr("disturbed: 424 of 990 samples, left out of the times: threads waited"));
}

TEST(CompareTable, SaysWhatWouldHelpWhereItCannotTell) {
  Comparison r = result(compare::Answer::cannot_tell, 1);
  r.ended.effect.lower = -0.04;
  r.ended.effect.upper = 0.04;  // 20 rounds resolve 4 %: 2 % takes four times as many
  EXPECT_THAT(compare_table({r}, {}),
              HasSubstr("a slowdown of 2.0 % takes about 80 rounds at this noise"));
}

}  // namespace
}  // namespace kernelgate
