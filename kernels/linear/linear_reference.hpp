// Scalar reference of a projection: y[o] = sum_i W[o,i] x[i].
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "harness/core/bounded.hpp"
#include "harness/core/values.hpp"

namespace kernelgate::reference {

/// One element: row `o` of W [out,in] times x [in]. `x` is anything indexable that converts to N.
template <class N, class Numbers>
N linear_at(const Values& weight, const Numbers& x, std::int64_t o) {
  const auto in = static_cast<std::int64_t>(x.size());
  const Values row = weight.row(o, in);
  Sum<N> sum;
  for (std::int64_t i = 0; i < in; ++i) {
    sum.add_product(N(row[i]), N(x[static_cast<std::size_t>(i)]));
  }
  return sum.result();
}

/// All elements. No bias: it is one addition to the result, made by the caller.
template <class N, class Numbers>
void linear(const Values& weight, const Numbers& x, std::span<N> y) {
  for (std::size_t o = 0; o < y.size(); ++o) {
    y[o] = linear_at<N>(weight, x, static_cast<std::int64_t>(o));
  }
}

}  // namespace kernelgate::reference
