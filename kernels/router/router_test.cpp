#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "harness/verify/testing.hpp"
#include "kernels/router/router.hpp"
#include "kernels/router/router_error_bound.hpp"

namespace kernelgate {
namespace {

TEST(RouterCase, ParsesBackToTheSameCase) {
  const RouterCase c{.tokens = 3,
                     .hidden = 65,
                     .width = 13,
                     .experts = 7,
                     .eda = RouterEda::off,
                     .type = Dtype::f16};
  EXPECT_EQ(RouterCase::axes().print(c), "tokens=3,hidden=65,width=13,experts=7,eda=off,f16");
  EXPECT_EQ(RouterCase::axes().parse(RouterCase::axes().print(c)), c);
}

TEST(RouterCase, CountsEveryByteOnceAndEdaOnlyWhereItIsRead) {
  RouterCase c{.tokens = 2,
               .hidden = 8,
               .width = 4,
               .experts = 3,
               .eda = RouterEda::off,
               .type = Dtype::bf16};
  const std::int64_t weights = 4 * 8 + 2 * 4 * 4 + 4 * 4 + 4 * 4;  // W_d, W_1, W_2, W_3, vectors
  const std::int64_t bytes = 2 * (2 * 8 + weights) + 4 * 4 + 4 * (2 * 4 + 2 * 4 + 2 + 2);
  EXPECT_EQ(c.traffic().bytes, bytes);
  EXPECT_EQ(c.traffic().flops, 2 * 2 * (8 * 4 + 4 * 4 + 4 * 4 + 4 * 4));
  c.eda = RouterEda::on;
  EXPECT_EQ(c.traffic().bytes, bytes + 2 * 4 + 4 * 2 * 4);
}

TEST(RouterReference, EqualsAHandWorkedToken) {
  const RouterCase c{
      .tokens = 1, .hidden = 1, .width = 1, .experts = 1, .eda = RouterEda::on, .type = Dtype::f32};
  TensorSet set(c.tensors());
  for (Tensor& tensor : set.all()) tensor.set(0, 0);
  set["h"].set(0, 3);
  set["w_d"].set(0, 2);
  set["b_d"].set(0, -1);
  set["gamma"].set(0, 0.5);
  set["s_prev"].set(0, -14);  // s = 6 - 1 - 7 = -2, so z = -g (eps moves it by 1.3e-6)
  set["g"].set(0, -1);
  set["w1"].set(0, 1);  // z = 1: gelu(1) = 0.841345
  set["w2"].set(0, 2);  // gelu(1.682689) = 1.604827
  set["w3"].set(0, 1);
  set["w3"].set(1, 0);       // p = 1 / (1 + e^-1.604827) = 0.832708
  set["bias"].set(1, 0.75);  // 0.917292 beats 0.832708
  const ReferenceValues reference_values = c.reference_values(set, DataMode::real, 1);
  EXPECT_EQ(reference_values.numeric.at(0).value.at(0), -2);
  EXPECT_NEAR(reference_values.numeric.at(1).value.at(0), 0.832708, 1e-5);
  EXPECT_NEAR(reference_values.numeric.at(1).value.at(1), 0.167292, 1e-5);
  for (const std::int32_t chosen : {0, 1}) {
    set["s"].set(0, -2);
    set["p"].set(0, reference_values.numeric[1].value[0]);
    set["p"].set(1, reference_values.numeric[1].value[1]);
    set["probability"].set(0, set["p"].get(chosen));
    set["choice"].set(0, chosen);
    EXPECT_EQ(reference_values.properties.at(0).violated(set).has_value(), chosen == 0);
    EXPECT_EQ(reference_values.properties.at(1).violated(set).has_value(), chosen == 0);
  }
}

// The adjoint's slopes against finite differences of the scalar reference itself.
TEST(RouterErrorBound, WeighsStateErrorsAsTheReferenceMoves) {
  const RouterCase c{.tokens = 1,
                     .hidden = 5,
                     .width = 6,
                     .experts = 3,
                     .eda = RouterEda::off,
                     .type = Dtype::f32};
  TensorSet set(c.tensors());
  c.fill(set, DataMode::real, 9);
  const auto view = [&](const char* name) {
    return Values(set[name].spec().type, set[name].data(), set[name].count());
  };
  reference::RouterWeights w{.down = view("w_d"),
                             .down_bias = view("b_d"),
                             .eda = {},
                             .norm = view("g"),
                             .fc1 = view("w1"),
                             .fc1_bias = view("b1"),
                             .fc2 = view("w2"),
                             .fc2_bias = view("b2"),
                             .out = view("w3"),
                             .balancing_bias = view("bias")};
  const reference::RouterParams params;
  const auto base = reference::route<double>(view("h"), {}, w, params);
  const std::vector<double> none(6, 0.0);
  const double step = 1e-3;
  std::vector<double> biases = numbers<double>(view("b_d"));
  for (std::size_t i = 0; i < 6; ++i) {
    std::vector<double> source = none;
    source[i] = step;  // far above every rounding, so the error bound is step * |slope|
    const reference::RouterErrors errors(base.state, source, w, params.norm_eps);
    std::vector<double> moved = biases;
    moved[i] += step / 100;
    w.down_bias = Values(moved);
    const auto next = reference::route<double>(view("h"), {}, w, params);
    for (std::size_t k = 0; k < 4; ++k) {
      const double slope = (next.probability[k] - base.probability[k]) / (step / 100);
      EXPECT_NEAR(errors.probability(base.probability, k), step * std::abs(slope), 3e-6);
    }
    w.down_bias = Values(biases);
  }
}

TEST(RouterVariants, AreExactAndWithinBudgetAtOddShapes) {
  for (const CheckResult& result :
       check_shapes("router", {"kokkos", "kokkos/device-shape"},
                    {"tokens=1,hidden=2048,width=256,experts=16,eda=off,f32",
                     "tokens=9,hidden=768,width=128,experts=16,eda=on,bf16",
                     "tokens=17,hidden=65,width=13,experts=7,eda=on,f16",
                     "tokens=5,hidden=1,width=1,experts=1,eda=on,f32",
                     "tokens=33,hidden=64,width=16,experts=3,eda=on,f32",
                     "tokens=4,hidden=100,width=512,experts=63,eda=on,bf16"})) {
    EXPECT_EQ(result.status, Status::passed) << result.id() << "\n" << result.message;
  }
}

/// A plain f32 router with one seeded bug.
struct Fault {
  bool tanh_gelu = false;            // R1
  bool scalar_gamma = false;         // R2
  bool eda_not_accumulated = false;  // R2: s is passed on without its EDA term
  bool normalised_handed_on = false;
  bool biased_logits = false;  // R3
  bool biased_weight = false;
  bool two_slots = false;        // R6
  bool highest_on_ties = false;  // R9
  bool skip_dropped = false;     // the choice ignores the skip entry
  bool stale_element = false;
  bool last_term_dropped = false;
  bool bf16_sums = false;
  bool nothing_written = false;
};

float gelu_of(float x, bool tanh_form) {
  if (tanh_form) {
    return 0.5F * x * (1 + std::tanh(0.79788456F * (x + 0.044715F * x * x * x)));
  }
  return 0.5F * x * (1 + std::erf(x * 0.70710678F));
}

std::vector<float> layer(const Tensor& w, const std::vector<float>& x, const Fault& f) {
  const std::size_t in = x.size(), out = static_cast<std::size_t>(w.count()) / in;
  std::vector<float> y(out, 0);
  for (std::size_t o = 0; o < out; ++o) {
    for (std::size_t i = 0; i < in - (f.last_term_dropped && in > 1 ? 1 : 0); ++i) {
      y[o] += static_cast<float>(w.get(static_cast<std::int64_t>(o * in + i))) * x[i];
      if (f.bf16_sums) y[o] = to_float(from_float<bf16>(y[o]));
    }
  }
  return y;
}

void broken_router(const RouterCase& c, TensorSet& set, const Fault& f) {
  if (f.nothing_written) return;
  const auto at = [&](const char* name, std::int64_t i) {
    return static_cast<float>(set[name].get(i));
  };
  const std::int64_t r = c.width;
  for (std::int64_t t = 0; t < c.tokens; ++t) {
    std::vector<float> h(static_cast<std::size_t>(c.hidden));
    for (std::int64_t i = 0; i < c.hidden; ++i) h[i] = at("h", t * c.hidden + i);
    std::vector<float> s = layer(set["w_d"], h, f);
    float squares = 0;
    for (std::int64_t i = 0; i < r; ++i) {
      s[i] += at("b_d", i);
      const float alone = s[i];
      s[i] += at("gamma", f.scalar_gamma ? 0 : i) * at("s_prev", t * r + i);
      set["s"].set(t * r + i, f.eda_not_accumulated ? alone : s[i]);
      squares += s[i] * s[i];
    }
    const float inverse = 1 / std::sqrt(squares / static_cast<float>(r) + 1e-5F);
    for (std::int64_t i = 0; i < r; ++i) {
      s[i] *= inverse * at("g", i);
      if (f.normalised_handed_on) set["s"].set(t * r + i, s[i]);
    }
    for (const char* name : {"1", "2"}) {
      s = layer(set[std::string("w") + name], s, f);
      for (std::int64_t i = 0; i < r; ++i) {
        s[i] = gelu_of(s[i] + static_cast<float>(set[std::string("b") + name].get(i)), f.tanh_gelu);
      }
    }
    std::vector<float> p = layer(set["w3"], s, f);
    if (f.biased_logits) {
      for (std::int64_t e = 0; e < c.entries(); ++e) p[e] += at("bias", e);
    }
    const float largest = *std::max_element(p.begin(), p.end());
    float sum = 0;
    for (float& v : p) sum += v = std::exp(v - largest);
    std::int64_t best = 0;
    float most = -INFINITY;
    std::int64_t count = c.entries() - (f.skip_dropped ? 1 : 0);
    if (f.two_slots) count = 2;
    for (std::int64_t e = 0; e < c.entries(); ++e) {
      p[e] /= sum;
      set["p"].set(t * c.entries() + e, p[e]);
      const float biased = f.biased_logits ? p[e] : p[e] + at("bias", e);
      if (e < count && (biased > most || (f.highest_on_ties && biased == most))) {
        most = biased;
        best = e;
      }
    }
    set["choice"].set(t, static_cast<double>(best));
    set["probability"].set(t, f.biased_weight ? most : p[best]);
  }
  if (f.stale_element) set["s"].set(c.tokens * r - 1, set["s"].get(c.tokens * r - 2));
}

Status status_of(DataMode mode, const Fault& fault,
                 const char* axes = "tokens=40,hidden=64,width=32,experts=7,eda=on,f32") {
  return check_fault(case_of<RouterCase>(axes), mode, fault, broken_router).status;
}

TEST(RouterMutants, ThePlainKernelWithoutFaultPasses) {
  EXPECT_EQ(status_of(DataMode::exact, {}), Status::passed);
  EXPECT_EQ(status_of(DataMode::real, {}), Status::passed);
}

TEST(RouterMutants, LogicFaultsAreRefusedInBothModes) {
  const std::pair<const char*, Fault> faults[] = {
      {"gamma as a scalar", {.scalar_gamma = true}},
      {"EDA not accumulated", {.eda_not_accumulated = true}},
      {"normalised state handed on", {.normalised_handed_on = true}},
      {"biased value as weight", {.biased_weight = true}},
      {"bias added to logits", {.biased_logits = true}},
      {"only two slots scored", {.two_slots = true}},
      {"skip entry dropped", {.skip_dropped = true}},
      {"stale element", {.stale_element = true}},
      {"last term dropped", {.last_term_dropped = true}},
      {"bf16 sums", {.bf16_sums = true}},
      {"nothing written", {.nothing_written = true}}};
  for (const auto& [name, fault] : faults) {
    EXPECT_EQ(status_of(DataMode::exact, fault), Status::incorrect) << name << ", exact";
    EXPECT_EQ(status_of(DataMode::real, fault), Status::incorrect) << name << ", real";
  }
}

TEST(RouterMutants, TheTanhFormOfGeluIsRefusedOnRealDataOfEveryModelShape) {
  for (const char* axes : {"tokens=8,hidden=2048,width=256,experts=16,eda=on,f32",
                           "tokens=8,hidden=768,width=128,experts=16,eda=on,bf16",
                           "tokens=8,hidden=64,width=16,experts=4,eda=off,f32"}) {
    EXPECT_EQ(status_of(DataMode::real, {.tanh_gelu = true}, axes), Status::incorrect) << axes;
  }
}

TEST(RouterMutants, TiesGoToTheLowestEntry) {
  EXPECT_EQ(status_of(DataMode::exact, {.highest_on_ties = true}), Status::incorrect);
}

// The published initial biases: 0, and -1 for the skip entry.
TEST(RouterReference, ASkipBiasOfMinusOneIsNeverChosen) {
  const RouterCase c{.tokens = 64, .hidden = 32, .width = 16, .experts = 4, .type = Dtype::f32};
  TensorSet set(c.tensors());
  c.fill(set, DataMode::real, 2);
  fill_constant(set["bias"], 0);
  set["bias"].set(4, -1);
  const ReferenceValues reference_values = c.reference_values(set, DataMode::real, 2);
  set["choice"].set(0, 4);
  for (std::int64_t t = 0; t < c.tokens; ++t) {
    set["choice"].set(t, 4);
    set["probability"].set(
        t, reference_values.numeric.at(1).value.at(static_cast<std::size_t>(t * 5 + 4)));
  }
  EXPECT_TRUE(reference_values.properties.at(0).violated(set).has_value());
}

}  // namespace
}  // namespace kernelgate
