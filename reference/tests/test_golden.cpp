// The model against the golden values of the specification (appendix A), computed by another
// implementation in float64.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "harness/core/random.hpp"
#include "reference/tests/golden.hpp"
#include "reference/tests/recorder.hpp"

namespace kernelgate::reference {
namespace {

constexpr double printed = 1.01e-6;     // six decimals: one unit in the last place
constexpr double sum_printed = 1.1e-7;  // sums with seven decimals

using Ids = std::vector<std::int32_t>;
using Rows = std::vector<std::vector<double>>;
using Choices = std::vector<std::vector<std::int64_t>>;

struct GoldenRun {
  Recorder seen;
  Logits logits;

  explicit GoldenRun(const char* name, SkipRule skip = SkipRule::zero)
      : logits(golden_logits(golden_model(name, Precision::f64(), skip), &seen)) {}

  Choices choices() const {
    Choices all;
    for (const BlockTrace& b : seen.blocks) {
      all.emplace_back();
      for (const auto& r : b.routing) all.back().push_back(r.choice);
    }
    return all;
  }
  std::vector<double> residual_sums() const {
    std::vector<double> all;
    for (const BlockTrace& b : seen.blocks) all.push_back(sums(b.residual).sum);
    return all;
  }
};

void expect_near(std::span<const double> got, const std::vector<double>& expected, double within) {
  ASSERT_GE(got.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(got[i], expected[i], within) << "at " << i;
  }
}

void expect_corners(const Logits& logits, std::int64_t t, const std::vector<double>& expected) {
  const auto row = logits.at(0, t);
  expect_near(std::vector<double>{row[0], row[1], row[2], row[511]}, expected, printed);
}

TEST(Generator, GivesTheRecordedHashesAndNumbers) {
  EXPECT_EQ(fnv1a64("model.norm.weight"), 0xd6d6e5afd11604e4U);
  EXPECT_EQ(fnv1a64("model.embed_tokens.weight"), 0xa88fd795d5c6d156U);
  const Weights w = synthetic_model("t1").weights;
  expect_near(numbers<double>(w.final_norm),
              {0.7743439078, 0.8189100027, 0.9510284662, 1.0703035593}, 1e-10);
  expect_near(numbers<double>(w.embedding.row(2, 64)),
              {0.7123774290, 0.9964879751, 0.0339653492, -0.9971303940}, 1e-10);
  expect_near(numbers<double>(w.blocks[0].router.balancing_bias),
              {-0.093756, -0.148671, 0.046546, 0.018646, 0.131810}, printed);
}

TEST(Generator, HasTheTensorsAndParametersOfThePublishedSizes) {
  const auto parameters = [](const char* name) {
    std::int64_t all = 0;
    for (const TensorName& t : tensor_names(*named_config(name))) {
      std::int64_t count = 1;
      for (const std::int64_t extent : t.shape) count *= extent;
      all += count;
    }
    return all;
  };
  EXPECT_EQ(parameters("t0"), 167422);
  EXPECT_EQ(parameters("t1"), 301900);
  EXPECT_EQ(parameters("s340"), 334963793);
  EXPECT_EQ(parameters("8b"), 8840489464);
  EXPECT_EQ(parameters("74b"), 74793954644);
  EXPECT_EQ(tensor_names(*named_config("8b")).size(), 1283U);
  EXPECT_EQ(tensor_names(*named_config("74b")).size(), 1923U);
}

TEST(GoldenT1, RoutesEveryTokenAsRecorded) {
  const GoldenRun run("t1");
  EXPECT_EQ(run.choices(), (Choices{{4, 4, 3, 4, 2, 4, 2, 2, 4, 4, 4, 3},
                                    {0, 1, 1, 1, 4, 1, 1, 0, 1, 1, 0, 1},
                                    {3, 3, 4, 3, 1, 3, 3, 4, 4, 3, 3, 4},
                                    {0, 2, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0}}));
  const Rows weights = {{.815582, .588159, .352226, .286622, .509393, .260285, .693877, .490299,
                         .455501, .264525, .311171, .390502},
                        {.387196, .098211, .404887, .139400, .454678, .191274, .092041, .427911,
                         .129136, .073960, .512463, .294164},
                        {.569569, .738795, .702988, .669107, .319755, .793155, .262618, .344075,
                         .486366, .507880, .614493, .441259},
                        {.603974, .459239, .510985, .234431, .231002, .557335, .274046, .180789,
                         .192479, .292696, .412660, .396763}};
  const std::vector<double> margins = {.0372, .0184, .0356, .0044};
  for (std::size_t i = 0; i < 4; ++i) {
    double least = 1;
    for (std::size_t t = 0; t < 12; ++t) {
      const auto& r = run.seen.blocks[i].routing[t];
      EXPECT_NEAR(r.weight, weights[i][t], printed) << "block " << i << " token " << t;
      least = std::min(least, r.margin);
    }
    EXPECT_NEAR(least, margins[i], 0.51e-4);
  }
}

TEST(GoldenT1, MixesQueriesKeysAndValuesAsRecorded) {
  const GoldenRun run("t1");
  const BlockTrace& b = run.seen.blocks[0];
  const auto part = [](const std::vector<double>& x, std::size_t from) {
    return std::span(x).subspan(from, 4);
  };
  struct Row {
    std::size_t t;
    std::vector<double> q0, q3, k0, k1, v0, v1;
  };
  const Row rows[] = {{0,
                       {.352384, -.041563, -.475924, -.956702},
                       {.973714, 1.110427, 1.047809, .037376},
                       {.533576, -.235596, .012372, -.520366},
                       {.310827, 2.229046, 1.549944, -.965351},
                       {.655482, -.873300, 1.654299, .443862},
                       {0, 0, 0, 0}},
                      {1,
                       {-.402880, .942206, .772689, -.317825},
                       {-.589714, 1.894534, 1.464512, .945039},
                       {-.834247, -.577129, -.663196, -.008440},
                       {-3.316881, 1.810982, 1.021917, -.176753},
                       {-.442601, -.293625, 1.006055, .739223},
                       {.487353, -.990764, -.579006, -.632657}},
                      {11,
                       {.220599, .214553, -.971260, .016045},
                       {-.480148, 2.665152, 2.272480, -.521522},
                       {.542982, -.174318, -.228175, .601081},
                       {-1.154481, 1.382123, 4.135866, -.154839},
                       {.630880, -.704521, -.185555, 2.465883},
                       {-1.828810, -1.076104, 1.029006, 1.598108}}};
  for (const Row& r : rows) {
    expect_near(part(b.q, r.t * 64), r.q0, printed);
    expect_near(part(b.q, r.t * 64 + 3 * 16 + 12), r.q3, printed);
    expect_near(part(b.k, r.t * 32), r.k0, printed);
    expect_near(part(b.k, r.t * 32 + 16 + 12), r.k1, printed);
    expect_near(part(b.v, r.t * 32), r.v0, printed);
    expect_near(part(b.v, r.t * 32 + 16), r.v1, printed);
  }
}

TEST(GoldenT1, LeavesTheRecordedState) {
  const Model model = golden_model("t1");
  State state = model.empty_state(1);
  model.forward(TokenBatch::single(golden_ids), state);
  const BlockState& b = state.slots[0].blocks[0];
  const auto newer = std::span(b.u).last(96), older = std::span(b.u).last(192).first(96);
  const auto channels = [](std::span<const double> u) {
    return std::vector<double>{u[0], u[63], u[64], u[95]};
  };
  expect_near(channels(older), {-.767517, -.703583, 1.176663, 1.063745}, printed);
  expect_near(channels(newer), {-1.525157, -.663379, -3.493868, -1.269729}, printed);
  expect_near(std::span(b.lag).last(16), {-.723250, -.677784, 2.404036, .728032}, printed);
}

TEST(GoldenT1, GivesTheRecordedStreamsAndLogits) {
  const GoldenRun run("t1");
  expect_near(run.residual_sums(), {-27.0402295, -50.6657221, -13.9002470, -63.7084353},
              sum_printed);
  const std::vector<double> squares = {1100.913342, 1934.684070, 3189.311205, 4248.975114};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(sums(run.seen.blocks[i].residual).squares, squares[i], printed);
  }
  EXPECT_EQ(argmaxes(run.logits),
            (Ids{475, 366, 421, 179, 180, 143, 467, 148, 333, 123, 372, 365}));
  const std::vector<double> largest = {13.773534, 13.474889, 13.291050, 13.531338,
                                       14.866217, 11.879233, 13.484047, 14.874692,
                                       13.633368, 14.102507, 15.722295, 16.300038};
  for (std::int64_t t = 0; t < 12; ++t) {
    const auto row = run.logits.at(0, t);
    EXPECT_NEAR(*std::max_element(row.begin(), row.end()), largest[static_cast<std::size_t>(t)],
                printed);
  }
  expect_corners(run.logits, 0, {1.983540, -4.894715, 9.080757, -4.107297});
  expect_corners(run.logits, 1, {-.868731, -6.352213, -3.511630, -1.383198});
  expect_corners(run.logits, 2, {5.221822, -3.049180, .712951, .788010});
  expect_corners(run.logits, 5, {-5.641030, -4.319960, 6.289500, -1.934524});
  expect_corners(run.logits, 8, {-2.198796, 3.995888, -9.935100, -7.293391});
  expect_corners(run.logits, 11, {-11.450094, -.134313, 4.821286, -8.401094});
  EXPECT_NEAR(sums(run.logits.values).sum, -411.6633758, sum_printed);
  EXPECT_NEAR(sums(run.logits.values).squares, 128642.4935, 1e-4);
}

TEST(GoldenT1, ContinuesGreedilyAsRecorded) {
  EXPECT_EQ(golden_model("t1").greedy(golden_ids, 16),
            (Ids{365, 135, 135, 135, 135, 135, 135, 135, 135, 305, 305, 305, 305, 305, 376, 376}));
}

TEST(GoldenT1, IdentitySkipGivesItsOwnRecordedValues) {
  const GoldenRun zero("t1"), run("t1", SkipRule::identity);
  Choices expected = zero.choices();
  expected[3][7] = 0;  // the only choice that changes
  EXPECT_EQ(run.choices(), expected);
  EXPECT_EQ(argmaxes(run.logits), (Ids{475, 39, 417, 179, 180, 143, 467, 148, 298, 123, 372, 365}));
  expect_corners(run.logits, 11, {-11.886039, .259455, 4.885893, -8.087697});
  expect_corners(run.logits, 0, {2.751061, -5.021774, 10.388893, -5.319069});
  EXPECT_NEAR(sums(run.logits.values).sum, -454.2807726, sum_printed);
  EXPECT_NEAR(sums(run.logits.values).squares, 128513.7609, 1e-4);
  expect_near(run.residual_sums(), {-33.7762360, -59.6300809, -30.4175261, -94.4745124},
              sum_printed);
  EXPECT_EQ(golden_model("t1", Precision::f64(), SkipRule::identity).greedy(golden_ids, 16),
            (Ids{365, 365, 365, 365, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63}));
}

TEST(GoldenT0, GivesTheRecordedValuesWithZeroSkip) {
  const GoldenRun run("t0");
  EXPECT_EQ(run.choices(),
            (Choices{{4, 4, 3, 4, 2, 4, 2, 2, 4, 4, 4, 4}, {0, 1, 1, 1, 4, 1, 1, 0, 1, 1, 0, 1}}));
  EXPECT_EQ(argmaxes(run.logits),
            (Ids{148, 502, 421, 113, 465, 113, 415, 148, 298, 394, 372, 277}));
  expect_corners(run.logits, 11, {-13.154275, -1.638528, .106328, -6.000751});
  EXPECT_NEAR(sums(run.logits.values).sum, -80.5359863, sum_printed);
  EXPECT_NEAR(sums(run.logits.values).squares, 124521.4046, 1e-4);
  expect_near(run.residual_sums(), {-32.5058361, -55.5724804}, sum_printed);
}

TEST(GoldenT0, GivesTheRecordedValuesWithIdentitySkip) {
  const GoldenRun run("t0", SkipRule::identity);
  EXPECT_EQ(argmaxes(run.logits), (Ids{475, 39, 421, 113, 465, 113, 415, 148, 298, 394, 372, 409}));
  expect_corners(run.logits, 11, {-13.653966, -2.236230, 1.280665, -5.750629});
  EXPECT_NEAR(sums(run.logits.values).sum, -98.7947587, sum_printed);
  EXPECT_NEAR(sums(run.logits.values).squares, 126128.5267, 1e-4);
  expect_near(run.residual_sums(), {-40.0852975, -65.0512638}, sum_printed);
}

TEST(GoldenT1, RoundedToSinglesStaysWithinTheDeclaredDistance) {
  const Logits exact = golden_logits(golden_model("t1"));
  const Logits single = golden_logits(golden_model("t1", Precision::f32()));
  double worst = 0;
  for (std::size_t i = 0; i < exact.values.size(); ++i) {
    worst = std::max(worst, std::abs(exact.values[i] - single.values[i]));
  }
  EXPECT_GT(worst, 0);
  EXPECT_LE(worst, 1e-4);
}

TEST(GoldenModels, RoundedAsEnginesDoTheyStayNearAndKeepEveryArgmax) {  // spec 2.2: 0.10 to 0.24
  const SyntheticModel m = synthetic_model("t1");
  TensorMap map = synthetic_tensors(m.config, false);
  std::vector<std::vector<bf16>> rounded;
  for (auto& [name, tensor] : map.tensors) {
    rounded.emplace_back();
    for (std::int64_t i = 0; i < tensor.values.size(); ++i) {
      rounded.back().push_back(from_float<bf16>(static_cast<float>(tensor.values[i])));
    }
    tensor.values = Values(rounded.back());
  }
  const Weights weights = bind_weights(m.config, map, "rounded t1");
  Recorder exactly;
  const Logits exact = golden_logits(Model(m.config, weights, Precision::f64()), &exactly);
  for (const char* name : {"hf-bf16", "vllm-bf16", "sgl-bf16"}) {
    Recorder seen;
    const Logits engine = golden_logits(Model(m.config, weights, parse_precision(name)), &seen);
    double worst = 0;
    int rerouted = 0;
    for (std::int64_t t = 0; t < 12; ++t) {
      bool same = true;  // routing to another expert changes the result
      for (std::size_t i = 0; i < 4; ++i) {
        const auto at = static_cast<std::size_t>(t);
        same = same && seen.blocks[i].routing[at].choice == exactly.blocks[i].routing[at].choice;
      }
      rerouted += same ? 0 : 1;
      double here = 0;
      for (std::size_t v = 0; v < 512; ++v) {
        here = std::max(here, std::abs(engine.at(0, t)[v] - exact.at(0, t)[v]));
      }
      if (same) worst = std::max(worst, here);
    }
    EXPECT_LE(rerouted, 1) << name;
    EXPECT_GT(worst, 0.01) << name;
    EXPECT_LT(worst, 0.25) << name;
    EXPECT_EQ(argmaxes(engine), argmaxes(exact)) << name;
  }
}

}  // namespace
}  // namespace kernelgate::reference
