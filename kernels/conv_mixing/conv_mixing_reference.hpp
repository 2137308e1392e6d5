// Scalar reference for CCA's sequence mixing (spec 3.2, 3.3, 3.4, 3.6): computes Q, K, V and the
// next state from the raw projections of one sequence's chunk and its state.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/bounded.hpp"
#include "harness/core/values.hpp"

namespace kernelgate::reference {

/// How the learned temperature scales K. Published models: linear, K <- tau K.
enum class TemperatureRule { linear };

/// Guard of the L2 norm: ||x||^2 + 1e-12 under the root, or max(||x||, epsilon of `norm`'s type).
enum class NormGuard { add_to_square, clamp_norm };

struct ConvMixingParams {
  std::int64_t num_heads = 8;
  std::int64_t num_kv_heads = 2;
  std::int64_t head_dim = 128;
  std::int64_t rotary_dims = 64;
  double theta = 5e6;
  TemperatureRule temperature = TemperatureRule::linear;
  NormGuard guard = NormGuard::add_to_square;
  double guard_epsilon = 1e-12;

  // Where an implementation rounds; f64: no rounding. The angle is f32 in every implementation.
  Dtype stage = Dtype::f64;   // conv outputs, means, their sum
  Dtype norm = Dtype::f64;    // normalised heads
  Dtype angle = Dtype::f32;   // inverse frequency, and its product with the position
  Dtype table = Dtype::f64;   // cos and sin
  Dtype output = Dtype::f64;  // Q and K

  std::int64_t groups() const { return num_heads + num_kv_heads; }
  std::int64_t channels() const { return groups() * head_dim; }
  std::int64_t lag_width() const { return num_kv_heads * head_dim / 2; }
};

/// depthwise [C,2], bias [C]; grouped [C,d,2] (out channel, in channel of its group, tap), bias
/// [C]; temperature [kv]. Tap 0 multiplies the older sample.
struct ConvMixingWeights {
  Values depthwise, depthwise_bias, grouped, grouped_bias, temperature;
};

/// D[c] = w[c,0] older[c] + w[c,1] newer[c] + b[c]
template <class N>
std::vector<N> depthwise_conv(const Values& older, const Values& newer, const ConvMixingWeights& w,
                              const ConvMixingParams& p) {
  std::vector<N> d;
  for (std::int64_t c = 0; c < p.channels(); ++c) {
    Sum<N> sum;
    sum.add_product(N(w.depthwise[2 * c]), N(older[c]));
    sum.add_product(N(w.depthwise[2 * c + 1]), N(newer[c]));
    sum.add(N(w.depthwise_bias[c]));
    d.push_back(stored_as(p.stage, sum.result()));
  }
  return d;
}

/// y[g,o] = beta[g,o] + sum_j (Gamma[g,o,j,0] older[g,j] + Gamma[g,o,j,1] newer[g,j]), c = g d + o
template <class N>
N grouped_conv_at(std::span<const N> older, std::span<const N> newer, const ConvMixingWeights& w,
                  const ConvMixingParams& p, std::int64_t c) {
  const std::int64_t first = c / p.head_dim * p.head_dim;
  Sum<N> sum;
  sum.add(N(w.grouped_bias[c]));
  for (std::int64_t j = 0; j < p.head_dim; ++j) {
    const auto from = static_cast<std::size_t>(first + j);
    sum.add_product(N(w.grouped[(c * p.head_dim + j) * 2]), older[from]);
    sum.add_product(N(w.grouped[(c * p.head_dim + j) * 2 + 1]), newer[from]);
  }
  return stored_as(p.stage, sum.result());
}

/// Rotation angle of pair x at a position: position theta^(-2x / rotary_dims), each step rounded.
inline double rotary_angle(std::int64_t position, std::int64_t x, const ConvMixingParams& p) {
  const double exponent = -2 * static_cast<double>(x) / static_cast<double>(p.rotary_dims);
  const double frequency = stored_as(p.angle, std::pow(p.theta, exponent));
  return stored_as(p.angle, static_cast<double>(position) * frequency);
}

template <class N>
N angle_function(double exact) {  // what an f32 sinf or cosf of a given f32 angle may return
  if constexpr (std::is_same_v<N, double>)
    return exact;
  else
    return rounded_f32(exact, 0, declared_ulps.sin_cos);
}

/// Rotates half-split pairs (x, x + rotary_dims / 2) of one head; the other dims are unchanged.
template <class N>
void rotate_head(std::span<N> head, std::int64_t position, const ConvMixingParams& p) {
  const std::int64_t half = p.rotary_dims / 2;
  for (std::int64_t x = 0; x < half; ++x) {
    const double angle = rotary_angle(position, x, p);
    const N c = stored_as(p.table, angle_function<N>(std::cos(angle)));
    const N s = stored_as(p.table, angle_function<N>(std::sin(angle)));
    N& low = head[static_cast<std::size_t>(x)];
    N& high = head[static_cast<std::size_t>(x + half)];
    const N rotated = low * c - high * s;
    high = high * c + low * s;
    low = rotated;
  }
}

/// head <- head sqrt(d) / ||head||. An all-zero head stays 0.
template <class N>
void normalise_head(std::span<N> head, const ConvMixingParams& p) {
  Sum<N> squares;
  for (const N& v : head) squares.add_product(v, v);
  const N square = squares.result();
  N inverse = N(0);
  if (p.guard == NormGuard::add_to_square) {
    inverse = rsqrt_of(square + N(p.guard_epsilon));
  } else {
    const N norm = stored_as(p.norm, sqrt_of(square));
    inverse = N(1) / (value_of(norm) < p.guard_epsilon ? N(p.guard_epsilon) : norm);
  }
  const N root = N(std::sqrt(static_cast<double>(p.head_dim)));
  for (N& v : head) v = stored_as(p.norm, v * (root * inverse));
}

/// y + means of one token before any norm: heads [q,d] then [kv,d], in the order of u. u0, u1, u2:
/// projections of the token two before, of the token before, and of the token itself; zeros before
/// the start of the sequence.
template <class N>
std::vector<N> conv_stage(const Values& u0, const Values& u1, const Values& u2,
                          const ConvMixingWeights& w, const ConvMixingParams& p) {
  const std::vector<N> before = depthwise_conv<N>(u0, u1, w, p);
  const std::vector<N> now = depthwise_conv<N>(u1, u2, w, p);
  const std::int64_t d = p.head_dim, share = p.num_heads / p.num_kv_heads;
  std::vector<N> out;
  std::vector<Sum<N>> group_mean(static_cast<std::size_t>(p.num_kv_heads * d));
  for (std::int64_t c = 0; c < p.num_heads * d; ++c) {  // means of the projections before the convs
    const std::int64_t in_k = c / d / share * d + c % d;
    const N sum = N(u2[c]) + N(u2[p.num_heads * d + in_k]);
    const N mean = stored_as(p.stage, sum * N(0.5));
    group_mean[static_cast<std::size_t>(in_k)].add(mean);
    out.push_back(stored_as(p.stage, grouped_conv_at<N>(before, now, w, p, c) + mean));
  }
  for (std::int64_t c = 0; c < p.num_kv_heads * d; ++c) {
    const N sum = group_mean[static_cast<std::size_t>(c)].result();
    const N mean = stored_as(p.stage, sum / N(static_cast<double>(share)));
    const N y = grouped_conv_at<N>(before, now, w, p, p.num_heads * d + c);
    out.push_back(stored_as(p.stage, y + mean));
  }
  return out;
}

/// Norm, temperature and rotation of the result of conv_stage.
template <class N>
void finish_heads(std::span<N> heads, std::int64_t position, const ConvMixingWeights& w,
                  const ConvMixingParams& p) {
  const std::int64_t d = p.head_dim;
  for (std::int64_t g = 0; g < p.groups(); ++g) {
    const auto head = heads.subspan(static_cast<std::size_t>(g * d), static_cast<std::size_t>(d));
    normalise_head<N>(head, p);
    if (g >= p.num_heads) {
      const N tau = N(w.temperature[g - p.num_heads]);
      for (N& v : head) v = stored_as(p.norm, v * tau);
    }
    rotate_head<N>(head, position, p);
    for (N& v : head) v = stored_as(p.output, v);
  }
}

/// Q [q,d] and K [kv,d] of one token, concatenated in the order of u = [q ; k].
template <class N>
std::vector<N> mix_token(const Values& u0, const Values& u1, const Values& u2,
                         std::int64_t position, const ConvMixingWeights& w,
                         const ConvMixingParams& p) {
  std::vector<N> out = conv_stage<N>(u0, u1, u2, w, p);
  finish_heads<N>(std::span<N>(out), position, w, p);
  return out;
}

/// State that a sequence carries from chunk to chunk: u of the last two tokens (older first) and
/// the delayed value projection of the last token. (A cache of the raw hidden row would contain the
/// same information one projection earlier.) Starts as zeros.
struct ConvMixingState {
  std::vector<double> older, newer, lag;

  explicit ConvMixingState(const ConvMixingParams& p)
      : older(static_cast<std::size_t>(p.channels())),
        newer(older),
        lag(static_cast<std::size_t>(p.lag_width())) {}
  bool operator==(const ConvMixingState&) const = default;
};

/// Raw projections of a chunk of S tokens: u [S,C], v_current and v_delayed [S,kv d/2].
struct ConvMixingChunk {
  Values u, v_current, v_delayed;
  std::int64_t tokens = 0;
  std::int64_t first_position = 0;
};

/// q [S,q,d], k [S,kv,d], v [S,kv,d].
template <class N>
struct ConvMixingResult {
  std::vector<N> q, k, v;
};

/// Processes the whole chunk. Every read of the state precedes its update: the last two columns of
/// [state | chunk], and the last row of the delayed values.
template <class N>
ConvMixingResult<N> conv_mixing(const ConvMixingChunk& chunk, const ConvMixingWeights& w,
                                const ConvMixingParams& p, ConvMixingState& state) {
  const ConvMixingState before = state;
  const auto u_at = [&](std::int64_t t) {
    if (t >= 0) return chunk.u.row(t, p.channels());
    return t == -1 ? Values(before.newer) : Values(before.older);
  };
  const auto lag_at = [&](std::int64_t t) {
    return t >= 0 ? chunk.v_delayed.row(t, p.lag_width()) : Values(before.lag);
  };
  ConvMixingResult<N> out;
  const auto q_size = static_cast<std::ptrdiff_t>(p.num_heads * p.head_dim);
  for (std::int64_t t = 0; t < chunk.tokens; ++t) {
    const std::vector<N> qk =
        mix_token<N>(u_at(t - 2), u_at(t - 1), u_at(t), chunk.first_position + t, w, p);
    out.q.insert(out.q.end(), qk.begin(), qk.begin() + q_size);
    out.k.insert(out.k.end(), qk.begin() + q_size, qk.end());
    for (std::int64_t f = 0; f < 2 * p.lag_width(); ++f) {  // flat over [kv,d]: current half first
      const bool current = f < p.lag_width();
      out.v.push_back(
          N(current ? chunk.v_current[t * p.lag_width() + f] : lag_at(t - 1)[f - p.lag_width()]));
    }
  }
  state.older = numbers<double>(u_at(chunk.tokens - 2));
  state.newer = numbers<double>(u_at(chunk.tokens - 1));
  state.lag = numbers<double>(lag_at(chunk.tokens - 1));
  return out;
}

}  // namespace kernelgate::reference
