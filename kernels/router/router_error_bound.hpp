// Error bounds of one token's routing, close to the true error of an f32 kernel. Propagating
// element bounds through three layers would multiply them by sqrt(R) per layer, and the tanh form
// of GELU would pass. Here each rounding is a separate source, weighted by the sensitivity of the
// probability to it, and independent sources add as squares (docs/kernels/router.md).
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "harness/core/bounded.hpp"
#include "kernels/router/router_reference.hpp"

namespace kernelgate::reference {

/// Four standard deviations of the rounding of a sum of n products in any data-independent order.
/// Partial sums form a bridge from 0 to the sum, so their squares add up to n (squares/6 +
/// sum^2/3). Each step rounds by at most u |partial sum|, each product by u.
inline double random_sum_bound(double squares, double sum, std::int64_t n) {
  const double steps = static_cast<double>(n) * (squares / 6 + sum * sum / 3);
  return 4 * f32_unit * std::sqrt(squares + steps);
}

/// y = W x + b with the rounding of each element's sum.
struct BoundedLayer {
  std::vector<double> weight;  // [out,in]
  std::vector<double> value, source;

  BoundedLayer(const Values& w, const std::vector<double>& x, const Values& bias)
      : weight(static_cast<std::size_t>(w.size())) {
    const std::size_t in = x.size(), out = weight.size() / in;
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = w[static_cast<std::int64_t>(i)];
    for (std::size_t o = 0; o < out; ++o) {
      double sum = 0, squares = 0;
      for (std::size_t i = 0; i < in; ++i) {
        const double product = weight[o * in + i] * x[i];
        sum += product;
        squares += product * product;
      }
      const double b = bias.empty() ? 0 : bias[static_cast<std::int64_t>(o)];
      value.push_back(sum + b);
      source.push_back(random_sum_bound(squares, sum, static_cast<std::int64_t>(in)) +
                       f32_unit * std::abs(sum + b));
    }
  }
  /// Sensitivity to x of a quantity whose sensitivity to y is `slope`.
  std::vector<double> back(const std::vector<double>& slope) const {
    const std::size_t out = slope.size(), in = weight.size() / out;
    std::vector<double> through(in);
    for (std::size_t o = 0; o < out; ++o) {
      for (std::size_t i = 0; i < in; ++i) through[i] += slope[o] * weight[o * in + i];
    }
    return through;
  }
};

inline double gelu_slope(double x) {
  return 0.5 * (1 + std::erf(x * 0.70710678118654752)) +
         x * 0.3989422804014327 * std::exp(-x * x / 2);
}

/// Error bounds of route<double>'s state and probabilities.
struct RoutingErrorBound {
  std::vector<double> state, probability;
};

class RouterErrors {
 public:
  /// s: the state computed by route<double>, with the rounding of each element in s_source.
  RouterErrors(const std::vector<double>& s, std::vector<double> s_source, const RouterWeights& w,
               double eps)
      : s_(s),
        s_source_(std::move(s_source)),
        inverse_(inverse_of(s, eps)),
        gain_(gain_of(w, inverse_)),
        fc1_(w.fc1, scaled(), w.fc1_bias),
        y1_(gelus(fc1_.value)),
        fc2_(w.fc2, y1_, w.fc2_bias),
        y2_(gelus(fc2_.value)),
        out_(w.out, y2_, Values()) {}

  /// Error bound of probability k.
  double probability(const std::vector<double>& p, std::size_t k) const {
    double squares = 0;
    const auto add = [&](double slope, double source) {
      squares += slope * slope * source * source;
    };
    std::vector<double> slope(p.size());
    double largest = -INFINITY;
    for (const double l : out_.value) largest = std::max(largest, l);
    for (std::size_t j = 0; j < p.size(); ++j) {
      slope[j] = p[k] * ((j == k ? 1 : 0) - p[j]);
      const double exp_source = f32_unit * (2 * declared_ulps.exp + largest - out_.value[j]);
      add(slope[j], out_.source[j]);
      add(slope[j], exp_source);
    }
    slope = through_gelu(fc2_, out_.back(slope), squares);
    slope = through_gelu(fc1_, fc2_.back(slope), squares);
    slope = fc1_.back(slope);  // by z = s inverse gain
    double by_inverse = 0, mean_slope = 0;
    for (std::size_t i = 0; i < s_.size(); ++i) {
      const double z = s_[i] * gain_[i];
      by_inverse += slope[i] * z;
      add(slope[i], 2 * f32_unit * std::abs(z));
      mean_slope += slope[i] * z / static_cast<double>(s_.size());
    }
    const auto terms = static_cast<std::int64_t>(s_.size());
    add(by_inverse, 0.5 * sum_error_bound(1, terms) + f32_unit * (2 * declared_ulps.rsqrt + 2));
    for (std::size_t i = 0; i < s_.size(); ++i) {  // s affects z directly and via the norm
      const double direct = slope[i] * gain_[i];
      const double by_norm = mean_slope * s_[i] * inverse_ * inverse_;
      add(direct - by_norm, s_source_[i]);
    }
    const double entries = static_cast<double>(p.size());
    return std::sqrt(squares) + p[k] * f32_unit * (3 + std::sqrt(entries)) + 0x1p-126;
  }

 private:
  static double inverse_of(const std::vector<double>& s, double eps) {
    double squares = 0;
    for (const double v : s) squares += v * v;
    return 1 / std::sqrt(squares / static_cast<double>(s.size()) + eps);
  }
  static std::vector<double> gain_of(const RouterWeights& w, double inverse) {
    std::vector<double> gain;
    for (std::int64_t i = 0; i < w.norm.size(); ++i) gain.push_back(w.norm[i] * inverse);
    return gain;
  }
  std::vector<double> scaled() const {
    std::vector<double> z(s_.size());
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = s_[i] * gain_[i];
    return z;
  }
  static std::vector<double> gelus(std::vector<double> x) {
    for (double& v : x) v = gelu(v);
    return x;
  }
  /// Converts the slope by gelu(x) to the slope by x; adds the roundings of gelu and of x's sum.
  static std::vector<double> through_gelu(const BoundedLayer& layer, std::vector<double> slope,
                                          double& squares) {
    for (std::size_t o = 0; o < slope.size(); ++o) {
      const double own = slope[o] * bound_of(gelu(Bounded(layer.value[o])));
      slope[o] *= gelu_slope(layer.value[o]);
      const double sum = slope[o] * layer.source[o];
      squares += own * own + sum * sum;
    }
    return slope;
  }

  const std::vector<double>& s_;
  std::vector<double> s_source_;
  double inverse_;
  std::vector<double> gain_;  // norm weight / rms
  BoundedLayer fc1_;
  std::vector<double> y1_;
  BoundedLayer fc2_;
  std::vector<double> y2_;
  BoundedLayer out_;
};

/// Rounding of each state element: the projection's sum, its bias and the EDA term.
inline std::vector<double> state_error_bound(const Values& hidden, const Values& previous,
                                             const RouterWeights& w) {
  std::vector<double> error_bound;
  const std::int64_t in = hidden.size();
  std::vector<double> x = numbers<double>(hidden);
  for (std::int64_t o = 0; o < w.down_bias.size(); ++o) {
    const Values row = w.down.row(o, in);
    double sum = 0, squares = 0;
    for (std::int64_t i = 0; i < in; ++i) {
      const double product = row[i] * x[static_cast<std::size_t>(i)];
      sum += product;
      squares += product * product;
    }
    const double based = sum + w.down_bias[o];
    const double carried = previous.empty() ? 0 : w.eda[o] * previous[o];
    error_bound.push_back(random_sum_bound(squares, sum, in) +
                          f32_unit *
                              (std::abs(based) + std::abs(carried) + std::abs(based + carried)) +
                          f32_smallest);
  }
  return error_bound;
}

/// Error bounds for a token routed by route<double>.
inline RoutingErrorBound routing_error_bound(const Routing<double>& r, const Values& hidden,
                                             const Values& previous, const RouterWeights& w,
                                             const RouterParams& params) {
  RoutingErrorBound error_bound{state_error_bound(hidden, previous, w), {}};
  const RouterErrors errors(r.state, error_bound.state, w, params.norm_eps);
  for (std::size_t k = 0; k < r.probability.size(); ++k) {
    error_bound.probability.push_back(errors.probability(r.probability, k));
  }
  return error_bound;
}

}  // namespace kernelgate::reference
