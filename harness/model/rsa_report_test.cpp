#include "harness/model/rsa_report.hpp"

#include <gtest/gtest.h>

namespace kernelgate {
namespace {

/// An engine that only reports its sizes.
class EmptyEngine : public rsa::SequenceEngine {
 public:
  std::int64_t vocab_size() const override { return 2; }
  std::int64_t slots() const override { return 1; }
  std::int64_t capacity() const override { return 0; }
  void reset(std::int64_t) override {}
  void feed(std::int64_t, std::span<const std::int32_t>) override {}
  void step(std::span<const rsa::SlotToken>) override {}
  std::span<const float> logits(std::int64_t) override { return {}; }
  void sample(std::span<const rsa::SampleRequest>, std::span<rsa::SampledToken>) override {}
  std::int64_t cached_tokens(std::int64_t) const override { return 0; }
  std::int64_t cache_bytes_per_token() const override { return 1; }
  std::int64_t fixed_state_bytes() const override { return 1; }
  std::string describe() const override { return "none"; }
};

TEST(RsaSummary, LeavesDisturbedStepsOutOfTheMediansAndSaysHowMany) {
  rsa::RoundReport round;
  round.cost.prefills = {{0.5, false}, {0.25, true}};
  round.cost.decodes = {{0.125, false}, {2, true}, {0.375, false}};
  round.cost.draws = {{0.0625, false}};
  rsa::Result result;
  result.rounds = {round, round};  // repeated: sums double, medians stay the same
  const std::string text = rsa_summary(result, EmptyEngine());
  EXPECT_NE(text.find("time     prefill 1.50 s, decode 5.00 s, sampling 0.12 s\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("median   a prompt 500 ms, a decode step 250 ms, a draw 62.5 ms\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("disturbed 4 of 12 samples, left out of the times: threads waited for a "
                      "core, or the clock was throttled\n"),
            std::string::npos)
      << text;
}

TEST(RsaSummary, MarksAMedianOfDisturbedStepsOnly) {
  rsa::RoundReport round;
  round.cost.prefills = {{0.5, true}};
  round.cost.decodes = {{0.125, false}, {2, true}};
  round.cost.draws = {{0.0625, false}};
  rsa::Result result;
  result.rounds = {round};
  const std::string text = rsa_summary(result, EmptyEngine());
  EXPECT_NE(text.find("median   a prompt 500 ms*, a decode step 125 ms, a draw 62.5 ms\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("disturbed 2 of 4 samples, left out of the times except in 1 time marked * "
                      "with disturbed samples only: threads"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace kernelgate
