// Rejected settings of an RSA run (S1, S3), and the numbers derived from accepted ones.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "reference/rsa/settings.hpp"

namespace kernelgate::rsa {
namespace {

constexpr std::int64_t vocabulary = 512;

Settings good() {
  Settings s;
  s.beta = 100;
  s.beta_final = 200;
  s.tau = 40;
  s.answer = 50;
  s.eos = {1};
  s.end_of_think = 2;
  return s;
}

struct Row {
  std::string option;  // that the message must name
  std::function<void(Settings&)> spoil;
};

std::vector<Row> bad_rows() {
  return {
      {"--beta:", [](Settings& s) { s.beta = 39; }},  // S1
      {"--beta:", [](Settings& s) { s.beta = s.beta_final = s.tau = 0, s.tau = 1; }},
      {"--tau:", [](Settings& s) { s.tau = 0; }},
      {"--tau:", [](Settings& s) { s.tau = -1; }},
      {"--c:", [](Settings& s) { s.tails = 17; }},
      {"--c:", [](Settings& s) { s.tails = 0; }},
      {"--n:", [](Settings& s) { s.population = 0; }},
      {"--n:", [](Settings& s) { s.population = std::int64_t{1} << 40; }},
      {"--t:", [](Settings& s) { s.rounds = -1; }},
      {"--beta-final:", [](Settings& s) { s.beta_final = 0; }},
      {"--beta-final:", [](Settings& s) { s.rounds = 0; }},
      {"--beta-final:", [](Settings& s) { s.beta_final = INT64_MAX; }},
      {"--answer:", [](Settings& s) { s.answer = 1; }},
      {"--answer:", [](Settings& s) { s.answer = 200; }},
      {"--eos:",
       [](Settings& s) {
         s.eos = {1, 512};
       }},
      {"--eos:", [](Settings& s) { s.eos = {-1}; }},
      {"--end-of-think:", [](Settings& s) { s.end_of_think = 512; }},
      {"--end-of-think:", [](Settings& s) { s.end_of_think = 1; }},
      {"--temperature:", [](Settings& s) { s.sampling.temperature = -0.1; }},
      {"--temperature:", [](Settings& s) { s.sampling.temperature = NAN; }},
      {"--temperature:", [](Settings& s) { s.sampling.temperature = INFINITY; }},
      {"--min-p:", [](Settings& s) { s.sampling.min_p = 1.5; }},
      {"--min-p:", [](Settings& s) { s.sampling.min_p = NAN; }},
      {"--top-p:", [](Settings& s) { s.sampling.top_p = -0.5; }},
      {"--top-p:", [](Settings& s) { s.sampling.top_p = NAN; }},
      {"--top-k:", [](Settings& s) { s.sampling.top_k = -1; }},
      {"--valid:", [](Settings& s) { s.sampling.valid = 513; }},
  };
}

// Rows that a check accepts, or rejects without naming the option.
std::vector<std::size_t> let_through(const std::function<void(const Settings&)>& check) {
  std::vector<std::size_t> rows;
  const auto bad = bad_rows();
  for (std::size_t i = 0; i < bad.size(); ++i) {
    Settings s = good();
    bad[i].spoil(s);
    try {
      check(s);
      rows.push_back(i);
    } catch (const BadInput& refusal) {
      if (std::string(refusal.what()).find(bad[i].option) == std::string::npos) rows.push_back(i);
    }
  }
  return rows;
}

TEST(RsaSettings, RefuseWhatMakesNoSense) {
  EXPECT_NO_THROW(validate(good(), vocabulary));
  EXPECT_EQ(let_through([](const Settings& s) { validate(s, vocabulary); }),
            std::vector<std::size_t>{});
}

TEST(RsaSettings, AChecksMissingRuleIsTold) {
  // One rule disabled at a time: the setting is corrected before the check.
  const auto without_s1 = [](Settings s) {
    if (s.tau > s.beta && s.beta > 0) s.tau = s.beta;
    validate(s, vocabulary);
  };
  EXPECT_EQ(let_through(without_s1), (std::vector<std::size_t>{0}));
  const auto without_c = [](Settings s) {
    s.tails = s.tails > s.population && s.population > 0 && s.population < 100 ? 1 : s.tails;
    validate(s, vocabulary);
  };
  EXPECT_EQ(let_through(without_c), (std::vector<std::size_t>{4}));
  EXPECT_EQ(let_through([](const Settings&) {}).size(), bad_rows().size());
}

TEST(RsaSettings, SayWhatWasExpectedAndWhatWasGiven) {
  Settings s = good();
  s.beta = 39;
  try {
    validate(s, vocabulary);
    FAIL() << "not refused";
  } catch (const BadInput& refusal) {
    EXPECT_STREQ(refusal.what(),
                 "rsa: --beta: expected at least --tau 40: a tail is cut from that reasoning, got "
                 "39");
  }
}

TEST(RsaSettings, BoundsAreThoseOfTheSpecification) {
  Settings s = good();  // N 16, C 4
  const Bounds bounds = bounds_of(s, 7, 11);
  EXPECT_EQ(bounds.prompt_tokens, 7 + 4 * 40 + 11);
  EXPECT_EQ(bounds.cached_tokens, 16 * (7 + 4 * 40 + 11 + 200));
  s.rounds = 50;  // independent of T
  EXPECT_EQ(bounds_of(s, 7, 11).prompt_tokens, bounds.prompt_tokens);
  s.beta = 300;
  EXPECT_EQ(bounds_of(s, 7, 11).cached_tokens, 16 * (178 + 300));
  s.rounds = 0;
  EXPECT_EQ(bounds_of(s, 7, 11).prompt_tokens, 18);
}

TEST(RsaSettings, TheLastRoundHasABudgetAndAnAnswerOfItsOwn) {
  Settings s = good();
  EXPECT_EQ(budget_of(s, 0), (Budget{100, 100}));
  EXPECT_EQ(budget_of(s, 1), (Budget{100, 100}));
  EXPECT_EQ(budget_of(s, 2), (Budget{150, 200}));
  s.end_of_think.reset();  // without a marker, no answer can be forced
  EXPECT_EQ(budget_of(s, 2), (Budget{200, 200}));
  s.rounds = 0;
  s.beta_final = s.beta;
  s.end_of_think = 2;
  EXPECT_EQ(budget_of(s, 0), (Budget{50, 100}));
  EXPECT_EQ(default_answer(200), 50);
  EXPECT_EQ(default_answer(3), 2);
}

}  // namespace
}  // namespace kernelgate::rsa
