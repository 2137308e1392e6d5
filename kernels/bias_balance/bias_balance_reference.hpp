// Scalar reference for the balancing-bias update (spec 4.3): AdamW on the excess load of an expert.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "harness/core/bounded.hpp"

namespace kernelgate::reference {

struct BiasBalanceParams {
  double rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double epsilon = 1e-8;
  double decay = 0;
};

/// Bias and AdamW's two moments of every real expert. The skip expert's bias never changes.
template <class N>
struct BiasBalanceState {
  std::vector<N> bias, first, second;
};

/// A constant of the formula as a kernel stores it: rounded to f32.
template <class N>
N constant(double x) {
  if constexpr (std::is_same_v<N, Bounded>) return rounded_f32(x, 0);
  return N(x);
}

/// One step. count [E]: tokens of the global batch that chose each real expert; tokens: of the
/// whole batch, including skipping ones; step counts from 1. An overused expert's bias falls.
template <class N>
void balance_biases(std::span<const std::int64_t> count, std::int64_t tokens, std::int64_t step,
                    const BiasBalanceParams& p, BiasBalanceState<N>& state) {
  const double experts = static_cast<double>(count.size());
  const double t = static_cast<double>(step);
  const N unbias1 = constant<N>(1 - std::pow(p.beta1, t));
  const N unbias2 = constant<N>(1 - std::pow(p.beta2, t));
  for (std::size_t e = 0; e < count.size(); ++e) {
    const N load = N(static_cast<double>(count[e])) / N(static_cast<double>(tokens));
    const N excess = load - constant<N>(1 / experts);
    N& m = state.first[e];
    N& v = state.second[e];
    m = constant<N>(p.beta1) * m + constant<N>(1 - p.beta1) * excess;
    v = constant<N>(p.beta2) * v + constant<N>(1 - p.beta2) * (excess * excess);
    const N change = (m / unbias1) / (sqrt_of(v / unbias2) + constant<N>(p.epsilon));
    const N decayed = constant<N>(p.decay) * state.bias[e];
    state.bias[e] = state.bias[e] - constant<N>(p.rate) * (change + decayed);
  }
}

/// Entropy of the load over ln E: 1 when all experts are used equally, 0 when only one is used.
inline double load_balance(std::span<const std::int64_t> count) {
  double total = 0, entropy = 0;
  for (const std::int64_t c : count) total += static_cast<double>(c);
  for (const std::int64_t c : count) {
    const double f = static_cast<double>(c) / total;
    if (c > 0) entropy -= f * std::log(f);
  }
  return entropy / std::log(static_cast<double>(count.size()));
}

}  // namespace kernelgate::reference
