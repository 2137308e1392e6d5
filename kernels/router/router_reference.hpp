// Scalar reference for the router (spec 4.1), one token.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/bounded.hpp"
#include "harness/core/values.hpp"
#include "kernels/linear/linear_reference.hpp"
#include "kernels/residual_norm/residual_norm_reference.hpp"

namespace kernelgate::reference {

/// Candidates of the choice: all E + 1 entries, or the E real experts ("drop": no token skips).
enum class RouterCandidates { experts_and_skip, experts_only };

struct RouterParams {
  double norm_eps = 1e-5;
  RouterCandidates candidates = RouterCandidates::experts_and_skip;
  // Where an implementation rounds; f64: no rounding.
  Dtype stage = Dtype::f64;        // every layer's output
  Dtype probability = Dtype::f64;  // softmax
};

/// down [R,H], down_bias [R]; eda [R], empty in block 0; norm [R]; fc1, fc2 [R,R] with bias [R];
/// out [E+1,R]; balancing_bias [E+1]. Entry E is the skip expert.
struct RouterWeights {
  Values down, down_bias, eda, norm, fc1, fc1_bias, fc2, fc2_bias, out, balancing_bias;
};

template <class N>
struct Routing {
  std::vector<N> state;  // s [R]: with its EDA addition, before the norm; the next block's input
  std::vector<N> probability;  // softmax over E + 1 entries, without the biases
  std::int64_t choice = 0;     // argmax of probability + bias, lowest index on ties
  N weight = N(0);             // probability[choice]
  N margin = N(0);             // biased value of the choice minus the second best
};

/// 0.5 x (1 + erf(x / sqrt 2))
template <class N>
N gelu(N x) {
  return N(0.5) * x * (N(1) + erf_of(x * N(0.70710678118654752)));
}

/// y = gelu(W x + b), one [R,R] layer.
template <class N>
std::vector<N> router_layer(const Values& weight, const Values& bias, const std::vector<N>& x,
                            const RouterParams& p) {
  std::vector<N> y(x.size());
  for (std::size_t o = 0; o < y.size(); ++o) {
    const auto row = static_cast<std::int64_t>(o);
    y[o] = stored_as(p.stage, linear_at<N>(weight, x, row) + N(bias[row]));
    y[o] = stored_as(p.stage, gelu(y[o]));
  }
  return y;
}

template <class N>
std::vector<N> softmax(std::vector<N> x, Dtype rounding) {
  double largest = -INFINITY;
  for (const N& v : x) largest = std::max(largest, value_of(v));
  Sum<N> total;
  for (N& v : x) {
    v = exp_of(v - N(largest));
    total.add(v);
  }
  const N sum = total.result();
  for (N& v : x) v = stored_as(rounding, v / sum);
  return x;
}

/// Fills choice, weight and margin from the probabilities.
template <class N>
void choose(Routing<N>& r, const Values& balancing_bias, RouterCandidates candidates) {
  const std::size_t skip = r.probability.size() - 1;
  const std::size_t count = candidates == RouterCandidates::experts_only ? skip : skip + 1;
  std::vector<N> biased;
  biased.reserve(count);
  for (std::size_t e = 0; e < count; ++e) {
    biased.push_back(r.probability[e] + N(balancing_bias[static_cast<std::int64_t>(e)]));
  }
  std::size_t best = 0;
  for (std::size_t e = 1; e < count; ++e) {
    if (value_of(biased[e]) > value_of(biased[best])) best = e;
  }
  r.choice = static_cast<std::int64_t>(best);
  r.weight = r.probability[best];
  r.margin = N(INFINITY);
  for (std::size_t e = 0; e < count; ++e) {
    const N gap = e == best ? N(INFINITY) : biased[best] - biased[e];
    if (value_of(gap) < value_of(r.margin)) r.margin = gap;
  }
}

/// hidden: the normalised block input [H]. previous: s of the previous block, same token; empty in
/// block 0. State flows over depth only, not over time.
template <class N>
Routing<N> route(const Values& hidden, const Values& previous, const RouterWeights& w,
                 const RouterParams& p) {
  Routing<N> r;
  for (std::int64_t o = 0; o < w.down_bias.size(); ++o) {
    N s = stored_as(p.stage, linear_at<N>(w.down, hidden, o) + N(w.down_bias[o]));
    if (!previous.empty()) {
      const N carried = stored_as(p.stage, N(w.eda[o]) * N(previous[o]));
      s = stored_as(p.stage, s + carried);
    }
    r.state.push_back(s);
  }
  std::vector<N> z(r.state.size());
  const ResidualNormRounding rounding{.normalised = p.stage, .output = p.stage};
  rms_norm<N>(r.state, w.norm, p.norm_eps, z, rounding);
  z = router_layer(w.fc1, w.fc1_bias, z, p);
  z = router_layer(w.fc2, w.fc2_bias, z, p);
  std::vector<N> logits(static_cast<std::size_t>(w.balancing_bias.size()));
  linear<N>(w.out, z, std::span<N>(logits));
  for (N& l : logits) l = stored_as(p.stage, l);
  r.probability = softmax(std::move(logits), p.probability);
  choose(r, w.balancing_bias, p.candidates);
  return r;
}

}  // namespace kernelgate::reference
