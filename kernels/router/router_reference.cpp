// The case of router and its reference values.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "harness/core/sample.hpp"
#include "kernels/router/router.hpp"
#include "kernels/router/router_error_bound.hpp"

namespace kernelgate {
namespace {

using reference::RouterWeights;
using reference::Routing;

constexpr reference::RouterParams params{};

Values values_of(const Tensor& tensor) {
  return {tensor.spec().type, tensor.data(), tensor.count()};
}

RouterWeights weights_of(const TensorSet& set) {
  return {.down = values_of(set["w_d"]),
          .down_bias = values_of(set["b_d"]),
          .eda = values_of(set["gamma"]),
          .norm = values_of(set["g"]),
          .fc1 = values_of(set["w1"]),
          .fc1_bias = values_of(set["b1"]),
          .fc2 = values_of(set["w2"]),
          .fc2_bias = values_of(set["b2"]),
          .out = values_of(set["w3"]),
          .balancing_bias = values_of(set["bias"])};
}

/// Reference data of one checked token.
struct JudgedToken {
  std::int64_t token = 0;
  Routing<double> routing;
  reference::RoutingErrorBound error_bound;  // empty in exact mode
};
using JudgedTokens = std::vector<JudgedToken>;

JudgedTokens judge_tokens(const RouterCase& c, const TensorSet& set, DataMode mode,
                          std::uint64_t key) {
  const RouterWeights w = weights_of(set);
  const std::int64_t inner = c.width * (c.hidden + 2 * c.width + c.entries());
  const std::int64_t backward = 4 * c.entries() * c.width * c.width;
  const Sample sample = sample_rows(
      c.tokens, mode == DataMode::exact ? 2 * inner : 4 * inner + backward, key, 32, 1'000'000'000);
  JudgedTokens list;
  for (const std::int64_t t : sample.positions) {
    const Values hidden = values_of(set["h"]).row(t, c.hidden);
    const Values previous =
        c.eda == RouterEda::on ? values_of(set["s_prev"]).row(t, c.width) : Values();
    JudgedToken token{t, reference::route<double>(hidden, previous, w, params), {}};
    if (mode == DataMode::real) {
      token.error_bound =
          reference::routing_error_bound(token.routing, hidden, previous, w, params);
    }
    list.push_back(std::move(token));
  }
  return list;
}

/// Exact data: whether one probability is 1 and all others 0 in f32 for any rounding. All others
/// are already 0 in double, so the largest logit leads by more than 745, where 104 is enough.
/// Logits are far apart by construction; for the few tokens with two close logits only s is
/// checked.
bool certain(const Routing<double>& r) {
  const auto positive = [](double p) { return p > 0; };
  return std::count_if(r.probability.begin(), r.probability.end(), positive) == 1;
}

void add_values(const RouterCase& c, const JudgedTokens& judged, DataMode mode,
                ReferenceValues& reference_values) {
  NumericReference s{.tensor = "s", .at = {}, .value = {}, .error_bound = {}};
  NumericReference p{.tensor = "p", .at = {}, .value = {}, .error_bound = {}};
  NumericReference choice{.tensor = "choice", .at = {}, .value = {}, .error_bound = {}};
  NumericReference weight{.tensor = "probability", .at = {}, .value = {}, .error_bound = {}};
  for (const JudgedToken& token : judged) {
    const Routing<double>& r = token.routing;
    for (std::int64_t i = 0; i < c.width; ++i) {
      const auto at = static_cast<std::size_t>(i);
      s.at.push_back(token.token * c.width + i);
      if (mode == DataMode::exact) s.add_exact(r.state[at]);
      if (mode == DataMode::real) s.add({r.state[at], token.error_bound.state[at]}, Dtype::f64);
    }
    if (mode == DataMode::exact && !certain(r)) continue;
    for (std::int64_t e = 0; e < c.entries(); ++e) {
      const auto at = static_cast<std::size_t>(e);
      p.at.push_back(token.token * c.entries() + e);
      if (mode == DataMode::exact) p.add_exact(r.probability[at]);
      if (mode == DataMode::real) {
        p.add({r.probability[at], token.error_bound.probability[at]}, Dtype::f64);
      }
    }
    if (mode == DataMode::exact) {
      choice.at.push_back(token.token);
      choice.add_exact(static_cast<double>(r.choice));
      weight.at.push_back(token.token);
      weight.add_exact(r.weight);
    }
  }
  reference_values.numeric.push_back(std::move(s));
  reference_values.numeric.push_back(std::move(p));
  if (mode != DataMode::exact) return;
  reference_values.numeric.push_back(std::move(choice));
  reference_values.numeric.push_back(std::move(weight));
}

/// The choice may be any entry whose biased value reaches the best one within the error bounds of
/// both, and the weight must be that entry's probability within its error bound.
Property choice_inside_margins(const RouterCase& c, std::shared_ptr<const JudgedTokens> judged,
                               const TensorSet& before) {
  std::vector<double> bias;
  for (std::int64_t e = 0; e < c.entries(); ++e) bias.push_back(before["bias"].get(e));
  const auto slack = [bias](const JudgedToken& token, std::size_t e) {
    const double biased = token.routing.probability[e] + bias[e];
    return token.error_bound.probability[e] + f32_unit * std::abs(biased);
  };
  // Margin by which errors may rank entry e above the reference choice; >= 0: e may be chosen.
  const auto reach = [bias, slack](const JudgedToken& token, std::size_t e) {
    const auto best = static_cast<std::size_t>(token.routing.choice);
    const double behind =
        token.routing.probability[best] + bias[best] - (token.routing.probability[e] + bias[e]);
    return slack(token, e) + slack(token, best) - behind;
  };
  std::int64_t thin = 0;
  for (const JudgedToken& token : *judged) {
    std::int64_t open = 0;
    for (std::size_t e = 0; e < bias.size(); ++e) open += reach(token, e) >= 0 ? 1 : 0;
    thin += open > 1 ? 1 : 0;
  }
  Property property;
  property.name = fmt::format("choice inside its margin ({} of {} tokens have a thin one)", thin,
                              judged->size());
  property.covers = 2 * static_cast<std::int64_t>(judged->size());
  property.violated = [=](const TensorSet& got) -> std::optional<std::string> {
    for (const JudgedToken& token : *judged) {
      const double chosen = got["choice"].get(token.token);
      const double weight = got["probability"].get(token.token);
      if (!(chosen >= 0 && chosen < static_cast<double>(bias.size()))) {
        return fmt::format("choice[{}]  got {}  expected 0..{}", token.token, chosen,
                           bias.size() - 1);
      }
      const auto e = static_cast<std::size_t>(chosen);
      if (reach(token, e) < 0) {
        return fmt::format("choice[{}]  got {}  expected {}  {:.3g} outside the margin",
                           token.token, e, token.routing.choice, -reach(token, e));
      }
      const double off = std::abs(weight - token.routing.probability[e]);
      if (!(off <= token.error_bound.probability[e])) {
        return fmt::format(
            "probability[{}]  got {:.9g}  expected {:.9g}  off by {:.3g}  allowed "
            "{:.3g}",
            token.token, weight, token.routing.probability[e], off,
            token.error_bound.probability[e]);
      }
    }
    return std::nullopt;
  };
  return property;
}

/// For every token, sampled or not: choice and weight follow from the written p, and of two entries
/// with the same p and bias the lower one wins.
Property choice_follows_p(const RouterCase& c, const TensorSet& before) {
  std::vector<double> bias;
  for (std::int64_t e = 0; e < c.entries(); ++e) bias.push_back(before["bias"].get(e));
  Property property;
  property.name = "choice follows p";
  property.covers = 0;  // values are checked elsewhere; this checks their consistency
  property.violated = [=, tokens = c.tokens](const TensorSet& got) -> std::optional<std::string> {
    const auto entries = static_cast<std::int64_t>(bias.size());
    for (std::int64_t t = 0; t < tokens; ++t) {
      const auto p = [&](std::int64_t e) { return got["p"].get(t * entries + e); };
      const double chosen = got["choice"].get(t), weight = got["probability"].get(t);
      if (!(chosen >= 0 && chosen < static_cast<double>(entries))) {
        return fmt::format("choice[{}]  got {}  expected 0..{}", t, chosen, entries - 1);
      }
      const auto best = static_cast<std::int64_t>(chosen);
      if (weight != p(best)) {
        return fmt::format("probability[{}]  got {:.9g}  expected p[{},{}] = {:.9g}", t, weight, t,
                           best, p(best));
      }
      for (std::int64_t e = 0; e < entries; ++e) {
        const double mine = p(best) + bias[best], other = p(e) + bias[e];
        const double rounding = 2 * f32_unit * (std::abs(mine) + std::abs(other));
        const bool twin = e < best && p(e) == p(best) && bias[e] == bias[best];
        if (twin || !(other - mine <= rounding)) {
          return fmt::format("choice[{}]  got {}  expected {}  biased {:.9g} against {:.9g}", t,
                             best, e, mine, other);
        }
      }
    }
    return std::nullopt;
  };
  return property;
}

}  // namespace

const Axes<RouterCase>& RouterCase::axes() {
  static const Axes<RouterCase> table = Axes<RouterCase>()
                                            .number("tokens", &RouterCase::tokens, 1, 1 << 20)
                                            .number("hidden", &RouterCase::hidden, 1, 1 << 16)
                                            .number("width", &RouterCase::width, 1, 1024)
                                            .number("experts", &RouterCase::experts, 1, 255)
                                            .word("eda", &RouterCase::eda, {"off", "on"})
                                            .dtype(&RouterCase::type);
  return table;
}

Traffic RouterCase::traffic() const {
  Traffic traffic;
  for (const TensorSpec& spec : tensors()) {
    const bool unused = eda == RouterEda::off && (spec.name == "s_prev" || spec.name == "gamma");
    if (!unused) traffic.bytes += spec.bytes();
  }
  traffic.flops = 2 * tokens * width * (hidden + 2 * width + entries());
  return traffic;
}

std::vector<TensorSpec> RouterCase::tensors() const {
  const std::int64_t e = entries(), r = width;
  return {{"h", type, {tokens, hidden}, Role::input},
          {"s_prev", Dtype::f32, {tokens, r}, Role::input},
          {"w_d", type, {r, hidden}, Role::input},
          {"b_d", type, {r}, Role::input},
          {"gamma", type, {r}, Role::input},
          {"g", type, {r}, Role::input},
          {"w1", type, {r, r}, Role::input},
          {"b1", type, {r}, Role::input},
          {"w2", type, {r, r}, Role::input},
          {"b2", type, {r}, Role::input},
          {"w3", type, {e, r}, Role::input},
          {"bias", Dtype::f32, {e}, Role::input},
          {"s", Dtype::f32, {tokens, r}, Role::output},
          {"p", Dtype::f32, {tokens, e}, Role::output},
          {"probability", Dtype::f32, {tokens}, Role::output},
          {"choice", Dtype::i32, {tokens}, Role::output}};
}

void RouterCase::fill(TensorSet& set, DataMode mode, std::uint64_t seed) const {
  const auto key = [&](std::string_view name) {
    return stream_key(id_of(*this), seed, mode, name);
  };
  const double in = std::sqrt(static_cast<double>(hidden));
  const double mid = std::sqrt(static_cast<double>(width));
  if (mode == DataMode::exact) {
    // s: integers below 2^24 in any order of summation (4 H terms leave room for b and EDA).
    const std::int64_t largest = widest_exact(4 * hidden, type, Dtype::f32);
    const std::int64_t wide = static_cast<std::int64_t>(2 / grid(type).epsilon);
    fill_integers(set["h"], key("h"), largest);
    fill_integers(set["w_d"], key("w_d"), largest);
    fill_integers(set["b_d"], key("b_d"), std::min<std::int64_t>(wide, 1 << 20));
    fill_integers(set["gamma"], key("gamma"), 4);
    fill_integers(set["s_prev"], key("s_prev"), 1 << 20);
    // Gains so large that GELU is x or 0 and logits are far apart: softmax is 1 and zeros.
    fill_bell(set["g"], key("g"), 0.25, 1);
    for (const char* w : {"w1", "w2"}) fill_integers(set[w], key(w), 64);
    for (const char* b : {"b1", "b2"}) fill_integers(set[b], key(b), 64);
    fill_integers(set["w3"], key("w3"), 8);
    // Activations are positive: rows that sum to 0 prevent their mean from selecting the same
    // winner for every token.
    for (const char* w : {"w2", "w3"}) {
      for (std::int64_t i = 1; i < set[w].count(); ++i) {
        if (i % width % 2 == 1) set[w].set(i, -set[w].get(i - 1));
      }
    }
    // p + bias is exact. Two entries share the largest bias, and a winner with p = 1 reaches it, so
    // ties are everywhere; a winner below 1 is not chosen, and its weight is not part of the
    // result.
    fill_integers(set["bias"], key("bias"), 6, 0.25);
    const std::int64_t one = signed_integer(key("top"), 0, entries()) + entries();
    const std::int64_t other =
        one + 1 + (signed_integer(key("top"), 1, experts) + experts) % experts;
    set["bias"].set(0, -1);
    set["bias"].set(experts, 1.5);  // the skip entry is chosen where it wins
    set["bias"].set(one % entries(), 2);
    set["bias"].set(other % entries(), 2);
  } else {
    fill_bell(set["h"], key("h"), 1);
    fill_bell(set["w_d"], key("w_d"), 1 / in);
    fill_bell(set["b_d"], key("b_d"), 0.25);
    fill_bell(set["gamma"], key("gamma"), 0.25, 1);
    fill_bell(set["s_prev"], key("s_prev"), 1);
    fill_bell(set["g"], key("g"), 0.25, 1);
    for (const char* w : {"w1", "w2"}) fill_bell(set[w], key(w), 2 / mid);
    for (const char* b : {"b1", "b2"}) fill_bell(set[b], key(b), 0.25);
    fill_bell(set["w3"], key("w3"), 2 / mid);
    fill_bell(set["bias"], key("bias"), 0.125);
  }
}

ReferenceValues RouterCase::reference_values(const TensorSet& before, DataMode mode,
                                             std::uint64_t seed) const {
  const auto judged = std::make_shared<const JudgedTokens>(
      judge_tokens(*this, before, mode, stream_key(id_of(*this), seed, mode, "sample")));
  ReferenceValues reference_values;
  add_values(*this, *judged, mode, reference_values);
  if (mode == DataMode::real) {
    reference_values.properties.push_back(choice_inside_margins(*this, judged, before));
  }
  reference_values.properties.push_back(choice_follows_p(*this, before));
  return reference_values;
}

void register_router_reference(Registry& registry) {
  registry.add_kernel<RouterCase>(
      "s = W_d h + b_d + gamma s_prev; p = softmax(MLP(rmsnorm(s))); argmax(p + bias)");
}

}  // namespace kernelgate
