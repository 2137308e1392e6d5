// Scalar reference for residual scaling followed by RMSNorm (spec 2.1 steps 3, 5, 6, 8, 9 and 6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/bounded.hpp"
#include "harness/core/values.hpp"

namespace kernelgate::reference {

/// Where an implementation rounds; f64: no rounding.
struct ResidualNormRounding {
  Dtype hidden = Dtype::f64;      // (hidden + hb), then its product with hs
  Dtype residual = Dtype::f64;    // (residual + rb), then its product with rs, then the sum
  Dtype input = Dtype::f64;       // the residual stream as input of the norm
  Dtype normalised = Dtype::f64;  // x / rms(x), before the weight
  Dtype output = Dtype::f64;      // after the weight
};

/// The four vectors of one residual scaling module, each [H].
struct ResidualScales {
  Values hidden_scale, hidden_bias, residual_scale, residual_bias;
};

/// r[i] <- (hidden[i] + hb[i]) hs[i] + (r[i] + rb[i]) rs[i]: the bias first, then the scale.
template <class N, class Numbers>
void scale_residual(const Numbers& hidden, std::span<N> residual, const ResidualScales& w,
                    const ResidualNormRounding& rounding = {}) {
  for (std::size_t at = 0; at < residual.size(); ++at) {
    const auto i = static_cast<std::int64_t>(at);
    const N h = stored_as(rounding.hidden, N(hidden[at]) + N(w.hidden_bias[i]));
    const N left = stored_as(rounding.hidden, h * N(w.hidden_scale[i]));
    const N r = stored_as(rounding.residual, residual[at] + N(w.residual_bias[i]));
    const N right = stored_as(rounding.residual, r * N(w.residual_scale[i]));
    residual[at] = stored_as(rounding.residual, left + right);
  }
}

/// The embedding's part: (hidden[i] + hb[i]) hs[i] starts the stream.
template <class N, class Numbers>
void scale_input(const Numbers& hidden, std::span<N> residual, const Values& scale,
                 const Values& bias, const ResidualNormRounding& rounding = {}) {
  for (std::size_t at = 0; at < residual.size(); ++at) {
    const auto i = static_cast<std::int64_t>(at);
    const N h = stored_as(rounding.hidden, N(hidden[at]) + N(bias[i]));
    const N left = stored_as(rounding.hidden, h * N(scale[i]));
    residual[at] = stored_as(rounding.residual, left);
  }
}

/// y[i] = x[i] g[i] / sqrt(mean(x^2) + eps). x may be y.
template <class N>
void rms_norm(std::span<const N> x, const Values& weight, double eps, std::span<N> y,
              const ResidualNormRounding& rounding = {}) {
  Sum<N> squares;
  for (const N& v : x) {
    const N in = stored_as(rounding.input, v);
    squares.add_product(in, in);
  }
  const N mean = squares.result() / N(static_cast<double>(x.size()));
  const N inverse = rsqrt_of(mean + N(eps));
  for (std::size_t at = 0; at < x.size(); ++at) {
    const N in = stored_as(rounding.input, x[at]);
    const N normalised = stored_as(rounding.normalised, in * inverse);
    const N g = N(weight[static_cast<std::int64_t>(at)]);
    y[at] = stored_as(rounding.output, normalised * g);
  }
}

/// The fused kernel, one row: the new residual stream and its norm, both [H].
template <class N>
struct ResidualNorm {
  std::vector<N> residual, normed;
};

template <class N>
ResidualNorm<N> residual_norm(const Values& hidden, const Values& residual, const ResidualScales& w,
                              const Values& norm_weight, double eps,
                              const ResidualNormRounding& rounding = {}) {
  ResidualNorm<N> out{numbers<N>(residual), {}};
  scale_residual<N>(numbers<N>(hidden), std::span<N>(out.residual), w, rounding);
  out.normed.resize(out.residual.size());
  rms_norm<N>(out.residual, norm_weight, eps, out.normed, rounding);
  return out;
}

}  // namespace kernelgate::reference
