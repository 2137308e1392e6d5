// Scalar reference of the experts (spec 5, 4.2): grouping of tokens, one token's SwiGLU expert, and
// the result for a token that chose the skip expert.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/bounded.hpp"
#include "harness/core/values.hpp"
#include "kernels/expert_gemm/skip_rule.hpp"
#include "kernels/linear/linear_reference.hpp"

namespace kernelgate::reference {

using kernelgate::SkipRule;

/// Where an implementation rounds; f64: nowhere.
struct ExpertRounding {
  Dtype stage = Dtype::f64;   // gate, up, silu(gate), their product, the down projection
  Dtype output = Dtype::f64;  // after the routing weight
  Dtype inner = Dtype::f64;   // silu(gate) * up as the down projection reads it
};

/// A number rounded where a kernel's definition rounds it too. The reference and the kernel get the
/// same number unless the kernel's error crosses the midpoint between two; then they are one
/// spacing apart.
inline double rounded_alike(Dtype type, double x) { return round_to(type, x); }
inline Bounded rounded_alike(Dtype type, Bounded x) {
  if (type == Dtype::f64) return x;
  const double y = round_to(type, x.value);
  return {y,
          std::max(y - round_to(type, x.value - x.bound), round_to(type, x.value + x.bound) - y)};
}

/// x / (1 + exp(-x))
template <class N>
N silu(N x) {
  return x / (N(1) + exp_of(-x));
}

/// y = weight * D (silu(G x) * (U x)). gate_up [2I,H]: gate rows first, then up rows; down [H,I].
template <class N>
void expert(const Values& gate_up, const Values& down, const Values& x, N weight, std::span<N> y,
            const ExpertRounding& rounding = {}) {
  const std::int64_t width = gate_up.size() / x.size() / 2;
  const Dtype stage = rounding.stage;
  std::vector<N> inner;
  for (std::int64_t i = 0; i < width; ++i) {
    const N gate = stored_as(stage, linear_at<N>(gate_up, x, i));
    const N up = stored_as(stage, linear_at<N>(gate_up, x, width + i));
    const N product = stored_as(stage, stored_as(stage, silu(gate)) * up);
    inner.push_back(rounded_alike(rounding.inner, product));
  }
  for (std::size_t o = 0; o < y.size(); ++o) {
    const N raw = stored_as(stage, linear_at<N>(down, inner, static_cast<std::int64_t>(o)));
    y[o] = stored_as(rounding.output, weight * raw);
  }
}

/// Result of the skip expert. No weight is read, so an infinity in a real expert cannot leak in.
template <class N>
void skip_expert(const Values& x, N weight, SkipRule rule, std::span<N> y,
                 const ExpertRounding& rounding = {}) {
  for (std::size_t o = 0; o < y.size(); ++o) {
    const N in = N(x[static_cast<std::int64_t>(o)]);
    y[o] = rule == SkipRule::identity ? stored_as(rounding.output, weight * in) : N(0);
  }
}

/// Tokens ordered by the expert they chose, in their original order within one expert.
struct Grouping {
  std::vector<std::int64_t> offset;   // [bins + 1]: expert e has positions offset[e] .. offset[e+1]
  std::vector<std::int64_t> order;    // [tokens]: the token at a position
  std::vector<std::int64_t> inverse;  // [tokens]: the position of a token
  bool operator==(const Grouping&) const = default;
};

/// Stable counting sort over `bins` = E + 1; skip tokens (choice E) form the tail.
inline Grouping group_tokens(std::span<const std::int64_t> choice, std::int64_t bins) {
  Grouping g{std::vector<std::int64_t>(static_cast<std::size_t>(bins) + 1), {}, {}};
  g.order.resize(choice.size());
  g.inverse.resize(choice.size());
  for (const std::int64_t e : choice) ++g.offset[static_cast<std::size_t>(e) + 1];
  for (std::size_t e = 1; e < g.offset.size(); ++e) g.offset[e] += g.offset[e - 1];
  std::vector<std::int64_t> next(g.offset.begin(), g.offset.end() - 1);
  for (std::size_t t = 0; t < choice.size(); ++t) {
    const std::int64_t place = next[static_cast<std::size_t>(choice[t])]++;
    g.order[static_cast<std::size_t>(place)] = static_cast<std::int64_t>(t);
    g.inverse[t] = place;
  }
  return g;
}

}  // namespace kernelgate::reference
