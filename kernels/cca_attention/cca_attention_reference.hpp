// Scalar reference for CCA's attention (spec 3.5, 3.7): one query token over a range of cached
// keys.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/bounded.hpp"
#include "harness/core/values.hpp"

namespace kernelgate::reference {

/// Meaning of a sliding window of W: W keys including the query's own, or W keys before the query
/// and its own, W + 1 in all (the legacy meaning).
enum class WindowRule { counts_current, keys_before };

/// Keys [begin, end) that a query sees.
struct KeyRange {
  std::int64_t begin = 0, end = 0;
};

/// window 0: full causal attention.
inline KeyRange visible_keys(std::int64_t position, std::int64_t window, WindowRule rule) {
  const std::int64_t before = rule == WindowRule::counts_current ? window - 1 : window;
  return {window == 0 ? 0 : std::max<std::int64_t>(0, position - before), position + 1};
}

struct CcaAttentionParams {
  std::int64_t num_heads = 8;
  std::int64_t num_kv_heads = 2;
  std::int64_t head_dim = 128;
  Dtype probability = Dtype::f64;  // softmax weights are rounded to it; f64: no rounding
  Dtype output = Dtype::f64;
};

/// One query head: out[x] = sum_s p_s V[s,j,x], p = softmax over the range of q.K[s,j] / sqrt(d),
/// j = n / (heads / kv heads). keys and values [T,kv,d]. No visible key: zeros.
template <class N>
void attend_head(const Values& q, const Values& keys, const Values& values, KeyRange range,
                 std::int64_t n, const CcaAttentionParams& p, std::span<N> out) {
  const std::int64_t d = p.head_dim, j = n / (p.num_heads / p.num_kv_heads);
  const N scale = N(1 / std::sqrt(static_cast<double>(d)));
  const auto at = [&](std::int64_t s) { return (s * p.num_kv_heads + j) * d; };
  std::fill(out.begin(), out.end(), N(0));
  if (range.begin >= range.end) return;

  std::vector<N> weight;
  double largest = -INFINITY;
  for (std::int64_t s = range.begin; s < range.end; ++s) {
    Sum<N> score;
    for (std::int64_t x = 0; x < d; ++x) score.add_product(N(q[n * d + x]), N(keys[at(s) + x]));
    weight.push_back(score.result() * scale);
    largest = std::max(largest, value_of(weight.back()));
  }
  Sum<N> total;
  for (N& w : weight) {
    w = exp_of(w - N(largest));
    total.add(w);
  }
  const N sum = total.result();
  for (N& w : weight) w = stored_as(p.probability, w / sum);
  for (std::int64_t x = 0; x < d; ++x) {
    Sum<N> mixed;
    for (std::size_t k = 0; k < weight.size(); ++k) {
      const std::int64_t s = range.begin + static_cast<std::int64_t>(k);
      mixed.add_product(weight[k], N(values[at(s) + x]));
    }
    out[static_cast<std::size_t>(x)] = stored_as(p.output, mixed.result());
  }
}

/// All heads of one query token: q and out [heads,d].
template <class N>
void cca_attention(const Values& q, const Values& keys, const Values& values, KeyRange range,
                   const CcaAttentionParams& p, std::span<N> out) {
  for (std::int64_t n = 0; n < p.num_heads; ++n) {
    const auto head =
        out.subspan(static_cast<std::size_t>(n * p.head_dim), static_cast<std::size_t>(p.head_dim));
    attend_head<N>(q, keys, values, range, n, p, head);
  }
}

}  // namespace kernelgate::reference
