// The case of bias_balance, its inputs and its reference values.
#include "kernels/bias_balance/bias_balance_reference.hpp"

#include <cmath>

#include "harness/core/random.hpp"
#include "kernels/bias_balance/bias_balance.hpp"

namespace kernelgate {
namespace {

// The router's choice for token t.
std::int64_t choice_of(const BiasBalanceCase& c, std::uint64_t key, std::int64_t t) {
  switch (c.load) {
    case LoadPattern::even:
      return t % c.experts;
    case LoadPattern::one:
      return 0;
    case LoadPattern::skipped:
      return c.experts;
    case LoadPattern::skewed:
      break;
  }
  const std::uint64_t word = word_at(key, static_cast<std::uint64_t>(t));
  if (word % 16 == 0) return c.experts;
  // Triangular: e with probability 2 (e + 1) / (E (E + 1)).
  const auto ticket = static_cast<std::int64_t>(
      (word >> 8) % static_cast<std::uint64_t>(c.experts * (c.experts + 1) / 2));
  auto e = static_cast<std::int64_t>((std::sqrt(8.0 * static_cast<double>(ticket) + 1) - 1) / 2);
  while (e * (e + 1) / 2 > ticket) --e;
  while ((e + 1) * (e + 2) / 2 <= ticket) ++e;
  return e;
}

std::vector<std::int64_t> counts_of(const BiasBalanceCase& c, const TensorSet& before) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(c.experts + 1));
  if (c.input == LoadInput::counts) {
    for (std::size_t e = 0; e < counts.size(); ++e)
      counts[e] = before["count"].as<std::int64_t>()[e];
  } else {
    for (const std::int32_t choice : before["choice"].as<std::int32_t>()) ++counts[choice];
  }
  return counts;
}

template <class N>
reference::BiasBalanceState<N> state_of(const BiasBalanceCase& c, const TensorSet& before) {
  reference::BiasBalanceState<N> state;
  for (std::int64_t e = 0; e < c.experts; ++e) {
    state.bias.emplace_back(before["bias"].get(e));
    state.first.emplace_back(before["first"].get(e));
    state.second.emplace_back(before["second"].get(e));
  }
  return state;
}

// A balanced batch on zero moments changes nothing: c/tokens and 1/E are the same f32 number.
bool leaves_all_as_it_is(const BiasBalanceCase& c) {
  return c.load == LoadPattern::even && c.tokens % c.experts == 0 && c.decay == 0;
}

}  // namespace

const Axes<BiasBalanceCase>& BiasBalanceCase::axes() {
  static const Axes<BiasBalanceCase> table =
      Axes<BiasBalanceCase>()
          .number("tokens", &BiasBalanceCase::tokens, 1, 1 << 24)  // counts are exact in f32
          .number("experts", &BiasBalanceCase::experts, 1, 1024)
          .number("step", &BiasBalanceCase::step, 1, 1 << 30)
          .number("decay", &BiasBalanceCase::decay, 0, 1024)
          .word("input", &BiasBalanceCase::input, {"choices", "counts"})
          .word("load", &BiasBalanceCase::load, {"skewed", "even", "one", "skipped"});
  return table;
}

Traffic BiasBalanceCase::traffic() const {
  const std::int64_t counts = 8 * (experts + 1);
  const std::int64_t choices = input == LoadInput::choices ? tokens : 0;
  return {.bytes = 4 * choices + counts + 2 * 3 * 4 * experts, .flops = choices + 16 * experts};
}

std::vector<TensorSpec> BiasBalanceCase::tensors() const {
  const bool given = input == LoadInput::counts;
  std::vector<TensorSpec> list{
      {"count", Dtype::i64, {experts + 1}, given ? Role::input : Role::output},
      {"bias", Dtype::f32, {experts + 1}, Role::state},
      {"first", Dtype::f32, {experts + 1}, Role::state},
      {"second", Dtype::f32, {experts + 1}, Role::state}};
  if (!given) list.push_back({"choice", Dtype::i32, {tokens}, Role::input});
  return list;
}

void BiasBalanceCase::fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const {
  const auto key = [&](std::string_view name) {
    return stream_key(id_of(*this), seed, mode, name);
  };
  const std::uint64_t choice_key = key("choice");
  if (input == LoadInput::choices) {
    for (std::int64_t t = 0; t < tokens; ++t) {
      tensors["choice"].as<std::int32_t>()[t] =
          static_cast<std::int32_t>(choice_of(*this, choice_key, t));
    }
  } else {
    fill_constant(tensors["count"], 0);
    for (std::int64_t t = 0; t < tokens; ++t) {
      ++tensors["count"].as<std::int64_t>()[choice_of(*this, choice_key, t)];
    }
  }
  fill_bell(tensors["bias"], key("bias"), 0.01);
  tensors["bias"].set(experts, -1);  // the skip expert's
  // Moments are zero before the first step and in the exact family; otherwise they resemble past
  // excess. (A balanced first step would divide 0 by 0 + eps, which has no valid error bound.)
  const bool first_step = step == 1 && load != LoadPattern::even && experts > 1;
  const bool rest = first_step || (mode == DataMode::exact && leaves_all_as_it_is(*this));
  fill_bell(tensors["first"], key("first"), rest ? 0 : 0.02);
  fill_uniform(tensors["second"], key("second"), rest ? 0 : 1e-4, rest ? 0 : 2e-3);
  for (const std::string_view name : {"first", "second"}) tensors[name].set(experts, 0.25);
}

std::optional<std::string> BiasBalanceCase::exact_not_applicable() const {
  if (input == LoadInput::choices || leaves_all_as_it_is(*this)) return std::nullopt;
  return "the update divides and takes a root: counting is exact (input=choices), and so is a "
         "balanced batch (load=even, decay=0), which changes nothing";
}

ReferenceValues BiasBalanceCase::reference_values(const TensorSet& before, DataMode mode,
                                                  std::uint64_t) const {
  const std::vector<std::int64_t> counts = counts_of(*this, before);
  ReferenceValues reference_values;
  if (input == LoadInput::choices) {
    NumericReference count{.tensor = "count", .at = {}, .value = {}, .error_bound = {}};
    for (const std::int64_t c : counts) count.add_exact(static_cast<double>(c));
    reference_values.numeric.push_back(std::move(count));
  }
  const bool unchanged = mode == DataMode::exact && leaves_all_as_it_is(*this);
  reference::BiasBalanceState<Bounded> state = state_of<Bounded>(*this, before);
  const reference::BiasBalanceParams params{rate, beta1, beta2, epsilon, weight_decay()};
  if (!unchanged) {
    const std::span<const std::int64_t> real(counts.data(), static_cast<std::size_t>(experts));
    reference::balance_biases<Bounded>(real, tokens, step, params, state);
  }
  const auto add = [&](std::string_view name, const std::vector<Bounded>& list) {
    NumericReference numeric{.tensor = std::string(name), .at = {}, .value = {}, .error_bound = {}};
    for (const Bounded& x : list) {
      numeric.value.push_back(x.value);
      if (!unchanged) numeric.error_bound.push_back(x.bound);  // f32 results: already rounded
    }
    numeric.value.push_back(before[name].get(experts));  // skip: unchanged for any load
    if (!unchanged) numeric.error_bound.push_back(0);
    reference_values.numeric.push_back(std::move(numeric));
  };
  add("bias", state.bias);
  add("first", state.first);
  add("second", state.second);
  return reference_values;
}

void register_bias_balance_reference(Registry& registry) {
  registry.add_kernel<BiasBalanceCase>(
      "g_e = c_e / tokens - 1/E; (m, v, bias) <- AdamW step with gradient g");
}

}  // namespace kernelgate
