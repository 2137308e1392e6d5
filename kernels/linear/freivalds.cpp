#include "kernels/linear/freivalds.hpp"

#include <fmt/format.h>

#include <cmath>

#include "harness/core/random.hpp"

namespace kernelgate {
namespace {

using Vector = std::vector<std::uint64_t>;  // wraps modulo 2^64, which keeps the identity

std::uint64_t integer(double x) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(x)); }

// sum over o of r[o] * matrix[o, .], rows of the given width.
Vector combine_rows(const Tensor& matrix, const Vector& r, std::int64_t width) {
  Vector sum(static_cast<std::size_t>(width));
  for (std::size_t row = 0; row < r.size(); ++row) {
    for (std::int64_t i = 0; i < width; ++i) {
      sum[static_cast<std::size_t>(i)] +=
          r[row] * integer(matrix.get(static_cast<std::int64_t>(row) * width + i));
    }
  }
  return sum;
}

std::uint64_t row_dot(const Tensor& matrix, std::int64_t row, const Vector& v) {
  const std::int64_t width = static_cast<std::int64_t>(v.size());
  std::uint64_t sum = 0;
  for (std::int64_t i = 0; i < width; ++i) {
    sum += integer(matrix.get(row * width + i)) * v[static_cast<std::size_t>(i)];
  }
  return sum;
}

// A NaN, an infinity, a fraction or a huge number cannot be a sum of such products.
std::optional<std::string> not_an_integer(const Tensor& y) {
  for (std::int64_t i = 0; i < y.count(); ++i) {
    const double value = y.get(i);
    if (!(std::abs(value) < 0x1p53) || value != std::trunc(value)) {
      return fmt::format("element {} is {}, expected an integer", i, value);
    }
  }
  return std::nullopt;
}

}  // namespace

Property freivalds_property(const Tensor& x, const Tensor& w, const std::string& output,
                            std::uint64_t key) {
  const std::int64_t tokens = x.spec().shape[0];
  const std::int64_t in = x.spec().shape[1];
  const std::int64_t out = w.spec().shape[0];
  std::vector<Vector> vectors(2), expected(2);
  for (std::size_t k = 0; k < 2; ++k) {
    for (std::int64_t o = 0; o < out; ++o) {
      vectors[k].push_back(word_at(key + k, static_cast<std::uint64_t>(o)) >> 48);
    }
    const Vector combined = combine_rows(w, vectors[k], in);
    for (std::int64_t t = 0; t < tokens; ++t) expected[k].push_back(row_dot(x, t, combined));
  }
  Property property;
  property.name = "freivalds";
  property.covers = tokens * out;
  property.violated = [=](const TensorSet& got) -> std::optional<std::string> {
    const Tensor& y = got[output];
    if (auto fault = not_an_integer(y)) return fault;
    for (std::size_t k = 0; k < 2; ++k) {
      for (std::int64_t t = 0; t < tokens; ++t) {
        const std::uint64_t sum = row_dot(y, t, vectors[k]);
        if (sum == expected[k][static_cast<std::size_t>(t)]) continue;
        return fmt::format("row {}: y . r is {}, expected x . (W^T r) = {}", t,
                           static_cast<std::int64_t>(sum),
                           static_cast<std::int64_t>(expected[k][static_cast<std::size_t>(t)]));
      }
    }
    return std::nullopt;
  };
  return property;
}

}  // namespace kernelgate
