// The case of expert_gemm: its routing, its inputs and its reference.
#include <algorithm>
#include <cmath>

#include "harness/core/random.hpp"
#include "harness/core/sample.hpp"
#include "harness/core/values.hpp"
#include "kernels/expert_gemm/expert_gemm.hpp"
#include "kernels/expert_gemm/expert_gemm_reference.hpp"
#include "kernels/expert_gemm/judged_tokens.hpp"
#include "kernels/expert_gemm/swiglu_family.hpp"

namespace kernelgate {
namespace {

Values values(const Tensor& tensor) { return {tensor.spec().type, tensor.data(), tensor.count()}; }

std::uint64_t routing_key(const ExpertGemmCase& c) {
  return stream_key(id_of(c), 0, DataMode::real, "choice");
}

/// One token's output; N = double where inputs are exact, Bounded where they are real.
template <class N>
std::vector<N> token_reference(const ExpertGemmCase& c, const TensorSet& before, std::int64_t token,
                               const reference::ExpertRounding& rounding) {
  const Values h = values(before["h"]).row(token, c.hidden);
  const N weight(before["weight"].get(token));
  const auto e = static_cast<std::int64_t>(before["choice"].get(token));
  std::vector<N> m(static_cast<std::size_t>(c.hidden));
  if (e == c.experts) {
    reference::skip_expert<N>(h, weight, c.skip, m, rounding);
  } else {
    reference::expert<N>(values(before["gate_up"]).row(e, 2 * c.inter * c.hidden),
                         values(before["down"]).row(e, c.hidden * c.inter), h, weight,
                         std::span<N>(m), rounding);
  }
  return m;
}

}  // namespace

const Axes<ExpertGemmCase>& ExpertGemmCase::axes() {
  static const Axes<ExpertGemmCase> table =
      Axes<ExpertGemmCase>()
          .number("tokens", &ExpertGemmCase::tokens, 1, 1 << 20)
          .number("hidden", &ExpertGemmCase::hidden, 1, 1 << 16)
          .number("inter", &ExpertGemmCase::inter, 1, 1 << 16)
          .number("experts", &ExpertGemmCase::experts, 1, 1 << 10)
          .word("routing", &ExpertGemmCase::routing, {"balanced", "ragged", "one", "empty", "skip"})
          .word("skip", &ExpertGemmCase::skip, {"zero", "identity", "drop"})
          .dtype(&ExpertGemmCase::type);
  return table;
}

void ExpertGemmCase::validate() const {
  if (routing == RoutingPattern::skip && skip == SkipRule::drop) {
    throw BadInput(
        "expert_gemm: routing=skip with skip=drop: a router that drops the skip expert "
        "never gives it; expected skip=zero or skip=identity");
  }
  if (routing == RoutingPattern::empty && experts < 2) {
    throw BadInput(
        "expert_gemm: routing=empty leaves expert 0 without tokens; expected "
        "experts >= 2, got 1");
  }
}

std::vector<std::int64_t> judged_tokens(const ExpertGemmCase& c, const Tensor& choice,
                                        std::uint64_t key) {
  constexpr std::int64_t sampled_tokens = 16;
  const Sample sample =
      sample_rows(c.tokens, 6 * c.hidden * c.inter, key, sampled_tokens, 1'000'000'000);
  if (sample.complete) return sample.positions;
  std::vector<std::int64_t> first(static_cast<std::size_t>(c.experts) + 1, -1), last = first;
  const auto choices = choice.as<std::int32_t>();
  for (std::size_t t = 0; t < choices.size(); ++t) {
    const auto e = static_cast<std::size_t>(choices[t]);
    last[e] = static_cast<std::int64_t>(t);
    if (first[e] < 0) first[e] = last[e];
  }
  std::vector<std::int64_t> tokens{0, c.tokens - 1};
  for (std::int64_t i = 0; i < sampled_tokens; ++i) {
    tokens.push_back(static_cast<std::int64_t>(word_at(key, static_cast<std::uint64_t>(i)) %
                                               static_cast<std::uint64_t>(c.tokens)));
  }
  tokens.insert(tokens.end(), first.begin(), first.end());
  tokens.insert(tokens.end(), last.begin(), last.end());
  std::erase(tokens, -1);
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

std::vector<std::int32_t> ExpertGemmCase::choices() const {
  std::vector<std::int32_t> list(static_cast<std::size_t>(tokens));
  const std::uint64_t key = routing_key(*this);
  for (std::int64_t t = 0; t < tokens; ++t) {
    const auto drawn = static_cast<std::int64_t>(word_at(key, static_cast<std::uint64_t>(t)) >> 1);
    const std::int64_t bins = skip == SkipRule::drop ? experts : experts + 1;
    std::int64_t e = experts;  // RoutingPattern::skip
    if (routing == RoutingPattern::balanced) e = t % experts;
    if (routing == RoutingPattern::ragged) e = drawn % bins;
    if (routing == RoutingPattern::one) e = experts - 1;
    if (routing == RoutingPattern::empty) e = drawn % (experts / 2) * 2 + 1;
    list[static_cast<std::size_t>(t)] = static_cast<std::int32_t>(e);
  }
  return list;
}

Traffic ExpertGemmCase::traffic() const {
  std::vector<std::int64_t> count(static_cast<std::size_t>(experts) + 1);
  for (const std::int32_t e : choices()) ++count[static_cast<std::size_t>(e)];
  const std::int64_t skipping = count.back();
  const std::int64_t hit = experts - std::count(count.begin(), count.end() - 1, 0);
  const std::int64_t read = skip == SkipRule::identity ? tokens : tokens - skipping;
  const std::int64_t elements = hit * 3 * hidden * inter + (read + tokens) * hidden;
  const std::int64_t identity_flops = skip == SkipRule::identity ? skipping * hidden : 0;
  return {.bytes = elements * size_bytes(type) + tokens * (4 + 4),
          .flops = (tokens - skipping) * 6 * hidden * inter + identity_flops};
}

std::vector<TensorSpec> ExpertGemmCase::tensors() const {
  return {{"h", type, {tokens, hidden}, Role::input},
          {"choice", Dtype::i32, {tokens}, Role::input},
          {"weight", Dtype::f32, {tokens}, Role::input},
          {"gate_up", type, {experts, 2 * inter, hidden}, Role::input},
          {"down", type, {experts, hidden, inter}, Role::input},
          {"m", type, {tokens, hidden}, Role::output}};
}

void ExpertGemmCase::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  const auto key = [&](std::string_view tensor) {
    return stream_key(id_of(*this), seed, mode, tensor);
  };
  const std::vector<std::int32_t> list = choices();
  std::copy(list.begin(), list.end(), tensors["choice"].as<std::int32_t>().begin());
  if (mode == DataMode::exact) {
    fill_swiglu_family(*this, tensors, seed);
    return;
  }
  fill_bell(tensors["h"], key("h"), 1);
  fill_uniform(tensors["weight"], key("weight"), 0.125, 1);
  fill_bell(tensors["gate_up"], key("gate_up"), 1 / std::sqrt(static_cast<double>(hidden)));
  fill_bell(tensors["down"], key("down"), 1 / std::sqrt(static_cast<double>(inter)));
}

ReferenceValues ExpertGemmCase::reference_values(const TensorSet& before, DataMode mode,
                                                 std::uint64_t seed) const {
  NumericReference m{.tensor = "m", .at = {}, .value = {}, .error_bound = {}};
  const std::vector<std::int64_t> judged =
      judged_tokens(*this, before["choice"], stream_key(id_of(*this), seed, mode, "sample"));
  const bool all = static_cast<std::int64_t>(judged.size()) == tokens;
  reference::ExpertRounding rounding;
  if (type != Dtype::f32) rounding.inner = type;
  for (const std::int64_t t : judged) {
    if (mode == DataMode::exact) {  // f32 stages: every operation of the family is exact
      rounding.stage = rounding.output = Dtype::f32;
      for (const double x : token_reference<double>(*this, before, t, rounding)) m.add_exact(x);
    } else {
      for (const Bounded x : token_reference<Bounded>(*this, before, t, rounding)) m.add(x, type);
    }
    for (std::int64_t i = 0; !all && i < hidden; ++i) m.at.push_back(t * hidden + i);
  }
  return {.numeric = {std::move(m)}, .properties = {}};
}

void register_expert_gemm_reference(Registry& registry) {
  registry.add_kernel<ExpertGemmCase>("m_t = w_t D_e (silu(G_e h_t) * (U_e h_t)), e = choice_t");
}

}  // namespace kernelgate
