// Tests the chain against values worked out by hand, each chosen so that another order of the steps
// gives another result, and the draws against their probabilities.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "harness/verify/testing.hpp"
#include "kernels/sampling/sampling.hpp"

namespace kernelgate {
namespace {

/// One row set by hand; the fields are the row's parameters, off by default.
struct Hand {
  std::vector<double> logits;
  double temperature = 1, min_p = 0, top_p = 1, repetition = 1, frequency = 0, presence = 0;
  std::int64_t top_k = 0, min_tokens = 0;
  std::vector<int> stop = {-1, -1}, prompt = {-1}, output = {-1}, bias_token = {-1, -1};
  std::vector<double> bias_add = {0, 0};
  std::vector<std::uint32_t> allowed = {~0U};
  std::int64_t seed = 3;
};

struct Answer {
  std::vector<int> token, kept;
  std::vector<double> probability;
};

/// Draws `rows` times from the row, at positions 0, 1, ...
Answer run(const char* variant, const Hand& h, std::int64_t rows = 1) {
  const auto size = static_cast<std::int64_t>(h.logits.size());
  const SamplingCase c{
      .rows = rows, .vocabulary = size, .history = 2, .biases = 2, .mask = SamplingMask::on};
  TensorSet t(c.tensors());
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < size; ++i) t["logits"].set(r * size + i, h.logits[i]);
    for (std::int64_t j = 0; j < 2; ++j) {
      t["stop"].set(r * 2 + j, h.stop[j]);
      t["bias_token"].set(r * 2 + j, h.bias_token[j]);
      t["bias_add"].set(r * 2 + j, h.bias_add[j]);
    }
    t["prompt"].set(r, h.prompt[0]);
    t["output"].set(r, h.output[0]);
    const double numbers[] = {h.temperature, h.min_p,     h.top_p,
                              h.repetition,  h.frequency, h.presence};
    for (int j = 0; j < 6; ++j) t["numbers"].set(r * 6 + j, numbers[j]);
    const double integers[] = {static_cast<double>(h.top_k), static_cast<double>(h.min_tokens),
                               static_cast<double>(r), 0, 0};
    for (int j = 0; j < 5; ++j) t["integers"].set(r * 5 + j, integers[j]);
    t["seed"].as<std::int64_t>()[r] = h.seed;
    for (std::int64_t w = 0; w < c.mask_words(); ++w) {
      t["allowed"].as<std::int32_t>()[r * c.mask_words() + w] =
          static_cast<std::int32_t>(h.allowed[w]);
    }
  }
  t.poison_outputs();
  Registry registry;
  register_kernels(registry);
  const TypedCase<SamplingCase> shape(c);
  const auto launch = registry.find("sampling").find_variant(variant)->prepare(shape, t, nullptr);
  launch->run();
  launch->fetch();
  Answer answer;
  for (std::int64_t r = 0; r < rows; ++r) {
    answer.token.push_back(static_cast<int>(t["token"].get(r)));
    answer.kept.push_back(static_cast<int>(t["kept"].get(r)));
    answer.probability.push_back(t["probability"].get(r));
  }
  return answer;
}

class SamplingByHand : public ::testing::TestWithParam<const char*> {
 protected:
  int kept(const Hand& h) { return run(GetParam(), h).kept[0]; }
  int token(const Hand& h) { return run(GetParam(), h).token[0]; }
};

TEST_P(SamplingByHand, FollowsTheWorkedExampleOfTheSpecification) {
  Hand h{.logits = {3, 2, 2, 1, 0, -1}};
  h.min_p = 0.1;
  EXPECT_EQ(kept(h), 4);
  h.top_k = 2;
  EXPECT_EQ(kept(h), 3);  // the tie at 2 stays
  h.top_p = 0.8;
  const Answer answer = run(GetParam(), h, 100);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(answer.kept[i], 3);
    EXPECT_NEAR(answer.probability[i], answer.token[i] == 0 ? 0.576117 : 0.211942, 5e-7);
  }
}

TEST_P(SamplingByHand, NeverLeavesAnEmptyDistribution) {  // K13
  EXPECT_EQ(kept({.logits = {3, 2, 2, 1}, .top_p = 0}), 1);
  EXPECT_EQ(token({.logits = {1, 3, 2, 3}, .top_p = 0}), 1);  // the lowest index of equals
  EXPECT_EQ(kept({.logits = {1, 1, 1, 1}, .top_k = 1}), 4);
  EXPECT_EQ(kept({.logits = {1, 1, 1, 1}, .min_p = 1}), 4);  // strict: 0.25 < 1 * 0.25 is false
  EXPECT_EQ(kept({.logits = {1, 1, 1, 1}, .top_p = 0}), 1);
  EXPECT_EQ(kept({.logits = {1, 1, 1, 1}, .top_p = 0.5}), 2);  // 0.25 and 0.5 are <= 0.5
  EXPECT_EQ(kept({.logits = {7}, .min_p = 1, .top_p = 0, .top_k = 1}), 1);
}

TEST_P(SamplingByHand, AnswersNoTokenWhereNothingIsAllowed) {
  const Answer answer = run(GetParam(), {.logits = {1, 2}, .allowed = {0}});
  EXPECT_EQ(answer.token[0], -1);
  EXPECT_EQ(answer.kept[0], 0);
  EXPECT_EQ(answer.probability[0], 0);
  EXPECT_EQ(token({.logits = {NAN, NAN}, .temperature = 0}), -1);
  EXPECT_EQ(token({.logits = {NAN, -5}}), 1);
}

TEST_P(SamplingByHand, IsGreedyBelowTheSmallestTemperature) {
  EXPECT_EQ(token({.logits = {1, 4, 4, 2}, .temperature = 0}), 1);
  EXPECT_EQ(token({.logits = {-0.0, 0.0, -1}, .temperature = 0}), 0);  // -0 = +0
  EXPECT_EQ(token({.logits = {1, 4, 4.0000005, 2}, .temperature = 0.9e-5}), 2);
}

TEST_P(SamplingByHand, AddsABiasBeforeTheRepetitionPenalty) {
  // (-1 + 2) / 2 = 0.5 beats 0.25; if penalised first it would be -1 * 2 + 2 = 0.
  EXPECT_EQ(token({.logits = {-1, 0.25},
                   .temperature = 0,
                   .repetition = 2,
                   .prompt = {0},
                   .bias_token = {0, -1},
                   .bias_add = {2, 0}}),
            0);
  // an id listed twice gets both: 0 + 1 + 2
  EXPECT_EQ(token({.logits = {0, 2.5}, .temperature = 0, .bias_token = {0, 0}, .bias_add = {1, 2}}),
            0);
}

TEST_P(SamplingByHand, RepeatsBeforeItCountsPresence) {
  // 1/2 - 0.5 = 0 loses to 0.1; in the opposite order (1 - 0.5)/2 = 0.25 would win.
  EXPECT_EQ(
      token(
          {.logits = {1, 0.1}, .temperature = 0, .repetition = 2, .presence = 0.5, .output = {0}}),
      1);
  // the prompt counts for repetition only
  EXPECT_EQ(token({.logits = {1, 0.1},
                   .temperature = 0,
                   .repetition = 2,
                   .frequency = 9,
                   .presence = 9,
                   .prompt = {0}}),
            0);
}

TEST_P(SamplingByHand, PenalisesBeforeItDividesByTheTemperature) {  // K14
  // (2 - 0.5) / 0.5 = 3: e^-3 = 0.0498 stays above 0.04; 2 / 0.5 - 0.5 = 3.5: e^-3.5 = 0.030.
  EXPECT_EQ(
      kept({.logits = {2, 0}, .temperature = 0.5, .min_p = 0.04, .frequency = 0.5, .output = {0}}),
      2);
}

TEST_P(SamplingByHand, DividesByTheTemperatureBeforeMinP) {                // K14
  EXPECT_EQ(kept({.logits = {2, 0}, .temperature = 2, .min_p = 0.2}), 2);  // e^-1 > 0.2 > e^-2
}

TEST_P(SamplingByHand, FiltersByMinPBeforeTopP) {  // K14
  // After min-p the rising sums are 0.0723, 0.2689, ...; before it 0.0094, ..., 0.1049, 0.2946.
  EXPECT_EQ(kept({.logits = {3, 2, 2, 1, 0, -1}, .min_p = 0.1, .top_p = 0.72}), 2);
}

TEST_P(SamplingByHand, MasksStopTokensUntilEnoughIsWritten) {
  Hand h{.logits = {5, 4, 3}, .temperature = 0, .min_tokens = 1, .stop = {0, 1}};
  EXPECT_EQ(token(h), 2);
  h.output = {2};
  EXPECT_EQ(token(h), 0);
}

TEST_P(SamplingByHand, DrawsTokensAsOftenAsTheirProbability) {
  const std::vector<double> share = {0.35, 0.25, 0.15, 0.1, 0.06, 0.04, 0.03, 0.02};
  Hand h;
  for (const double p : share) h.logits.push_back(std::log(p));
  const std::int64_t draws = 20000;
  std::vector<double> count(share.size());
  for (const int t : run(GetParam(), h, draws).token) ++count[static_cast<std::size_t>(t)];
  double chi_square = 0;
  for (std::size_t i = 0; i < share.size(); ++i) {
    const double expected = share[i] * static_cast<double>(draws);
    chi_square += (count[i] - expected) * (count[i] - expected) / expected;
  }
  EXPECT_LT(chi_square, 40.52);  // one in a million with 7 degrees of freedom
}

INSTANTIATE_TEST_SUITE_P(All, SamplingByHand, ::testing::Values("kokkos", "kokkos/device-shape"));

// The portable kernel with one input parameter changed, as if a step were left out.
struct Omission {
  const char* step;
  void (*omit)(TensorSet&);
};
void set_column(Tensor& t, int columns, int column, double x) {
  for (std::int64_t i = column; i < t.count(); i += columns) t.set(i, x);
}
const Omission omissions[] = {
    {"mask",
     [](TensorSet& t) {
       for (auto& w : t["allowed"].as<std::int32_t>()) w = -1;
     }},
    {"mask read with bits reversed",
     [](TensorSet& t) {
       for (auto& w : t["allowed"].as<std::int32_t>()) {
         std::uint32_t reversed = 0;
         for (int b = 0; b < 32; ++b)
           reversed |= (static_cast<std::uint32_t>(w) >> b & 1U) << (31 - b);
         w = static_cast<std::int32_t>(reversed);
       }
     }},
    {"min tokens", [](TensorSet& t) { set_column(t["integers"], 5, min_tokens, 0); }},
    {"bias", [](TensorSet& t) { set_column(t["bias_token"], 1, 0, -1); }},
    {"repetition", [](TensorSet& t) { set_column(t["numbers"], 6, repetition, 1); }},
    {"frequency", [](TensorSet& t) { set_column(t["numbers"], 6, frequency, 0); }},
    {"presence", [](TensorSet& t) { set_column(t["numbers"], 6, presence, 0); }},
    {"temperature", [](TensorSet& t) { set_column(t["numbers"], 6, temperature, 1); }},
    {"min-p", [](TensorSet& t) { set_column(t["numbers"], 6, min_p, 0); }},
    {"top-k", [](TensorSet& t) { set_column(t["integers"], 5, top_k, 0); }},
    {"top-p", [](TensorSet& t) { set_column(t["numbers"], 6, top_p, 1); }},
    {"seed",
     [](TensorSet& t) {
       for (auto& s : t["seed"].as<std::int64_t>()) s += 1;
     }},
    {"position", [](TensorSet& t) { set_column(t["integers"], 5, position, 1); }},
    {"rollout", [](TensorSet& t) { set_column(t["integers"], 5, rollout, 9); }},
    {"round", [](TensorSet& t) { set_column(t["integers"], 5, round_number, 0); }},
};

CheckResult with_omission(const SamplingCase& c, DataMode mode, void (*omit)(TensorSet&)) {
  return check_mutant(c, mode, [omit](const SamplingCase& shape, TensorSet& tensors) {
    return make_launch([shape, &tensors, omit] {
      TensorSet other(shape.tensors());
      for (std::size_t i = 0; i < tensors.all().size(); ++i) {
        std::copy_n(tensors.all()[i].data(), tensors.all()[i].bytes(), other.all()[i].data());
      }
      omit(other);
      Registry registry;
      register_kernels(registry);
      const TypedCase<SamplingCase> typed_case(shape);
      const auto launch =
          registry.find("sampling").find_variant("kokkos")->prepare(typed_case, other, nullptr);
      launch->run();
      launch->fetch();
      for (const char* name : {"token", "kept", "probability"}) {
        std::copy_n(other[name].data(), other[name].bytes(), tensors[name].data());
      }
    });
  });
}

TEST(SamplingJudge, RefusesAKernelThatLeavesAStepOut) {
  for (const DataMode mode : {DataMode::exact, DataMode::real}) {
    // Steps that others mask are tested alone; there are enough rows that each omission changes a
    // draw.
    for (const Omission& o : omissions) {
      int refused = 0;
      for (const SamplingChain chain : {SamplingChain::plain, SamplingChain::min_p,
                                        SamplingChain::top_k, SamplingChain::top_p}) {
        const SamplingCase c{.rows = 24,
                             .vocabulary = 300,
                             .valid = 290,
                             .k = 20,
                             .history = 40,
                             .biases = 12,
                             .mask = SamplingMask::on,
                             .chain = chain};
        if (with_omission(c, mode, o.omit).status == Status::incorrect) ++refused;
      }
      EXPECT_GT(refused, 0) << o.step << " " << name(mode);
    }
    const SamplingCase c{.rows = 24,
                         .vocabulary = 300,
                         .valid = 290,
                         .history = 40,
                         .biases = 12,
                         .mask = SamplingMask::on};
    EXPECT_TRUE(with_omission(c, mode, [](TensorSet&) {}).status == Status::passed);
  }
}

TEST(SamplingJudge, RefusesFaultsInTheOutputs) {
  using Damage = void (*)(TensorSet&);
  const Damage damages[] = {
      [](TensorSet& t) { t.poison_outputs(); },
      [](TensorSet& t) { t["kept"].set(1, t["kept"].get(1) + 1); },
      [](TensorSet& t) { t["kept"].set(1, 0); },
      [](TensorSet& t) { t["token"].set(2, (static_cast<int>(t["token"].get(2)) + 1) % 100); },
      [](TensorSet& t) { t["probability"].set(3, t["probability"].get(3) * 1.001); },
      [](TensorSet& t) { t["token"].as<std::int32_t>().data()[t["token"].count()] = 5; },
  };
  for (const DataMode mode : {DataMode::exact, DataMode::real}) {
    for (const Damage damage : damages) {
      const SamplingCase c{.rows = 6, .vocabulary = 100, .k = 10, .chain = SamplingChain::top_k};
      const CheckResult result =
          check_mutant(c, mode, [damage](const SamplingCase& shape, TensorSet& tensors) {
            Registry registry;
            register_kernels(registry);
            const TypedCase<SamplingCase> typed_case(shape);
            std::shared_ptr<Launch> right = registry.find("sampling")
                                                .find_variant("kokkos")
                                                ->prepare(typed_case, tensors, nullptr);
            return make_launch([right, damage, &tensors] {
              right->run();
              right->fetch();
              damage(tensors);
            });
          });
      EXPECT_TRUE(result.status == Status::incorrect) << name(mode) << " " << (&damage - damages);
    }
  }
}

TEST(SamplingReference, IsAmbiguousInFewRows) {
  for (const SamplingChain chain :
       {SamplingChain::plain, SamplingChain::min_p, SamplingChain::top_k}) {
    const SamplingCase c{.rows = 600, .vocabulary = 1000, .chain = chain};
    TensorSet t(c.tensors());
    c.fill(t, DataMode::real, 1);
    EXPECT_LE(ambiguous_rows(c, t), 6) << static_cast<int>(chain);
  }
}

}  // namespace
}  // namespace kernelgate
