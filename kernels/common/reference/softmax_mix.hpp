// Computes the softmax attention output of one query, with an error bound that stays tight at long
// contexts. It is the reference of every attention kernel. Propagating every weight's bound through
// the sum would add errors that cancel in the normalisation and errors of different keys that are
// independent; docs/kernels/cca_attention.md has the derivation.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "harness/core/bounded.hpp"
#include "harness/core/values.hpp"

namespace kernelgate {

/// Loads the `row.size()` numbers that start at `begin`.
inline void load_row(const Values& from, std::int64_t begin, std::vector<double>& row) {
  const auto count = static_cast<std::int64_t>(row.size());
  const Values part = from.slice(begin, count);
  for (std::int64_t x = 0; x < count; ++x) row[static_cast<std::size_t>(x)] = part[x];
}

/// out[x] = sum_k p_k value_k[x], p = softmax over k of scale query.key_k, for `count` keys (none:
/// zeros). Each element has the error bound of a kernel that keeps scores, weights and sums in f32,
/// in any order, in tiles or in splits. load_key(k, row) and load_value(k, row) fill a row of the
/// query's width and of `width`.
template <class LoadKey, class LoadValue>
std::vector<Bounded> softmax_mix_bounded(const std::vector<double>& query, std::size_t count,
                                         std::size_t width, double scale, const LoadKey& load_key,
                                         const LoadValue& load_value) {
  std::vector<Bounded> out(width);
  if (count == 0) return out;
  std::vector<double> key(query.size()), row(width), weight(count), independent(count);
  double largest = -INFINITY;
  for (std::size_t k = 0; k < count; ++k) {
    load_key(k, key);
    double score = 0, magnitude = 0;
    for (std::size_t x = 0; x < query.size(); ++x) {
      score += query[x] * key[x];
      magnitude += std::abs(query[x] * key[x]);
    }
    weight[k] = score * scale;
    largest = std::max(largest, weight[k]);
    independent[k] = scale * (sum_error_bound(magnitude, static_cast<std::int64_t>(query.size())) +
                              2 * f32_unit * std::abs(score));
  }

  // Errors shared by whole blocks of keys: exp (2 ulp), its argument's roundings, and one exp and
  // one product per rise of the running maximum (about ln n rises; log2 n declared).
  const double rises = 1 + std::log2(static_cast<double>(count));
  std::vector<double> shared(count);
  double total = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const double below = largest - weight[k];
    shared[k] = f32_unit * (2 * declared_ulps.exp * (1 + rises) + rises + 3 + 4 * below);
    weight[k] = std::exp(-below);
    total += weight[k];
  }

  std::vector<double> value(width), magnitude(width), squares(width), carried(width);
  for (std::size_t k = 0; k < count; ++k) {
    weight[k] /= total;
    load_value(k, row);
    for (std::size_t x = 0; x < width; ++x) {
      value[x] += weight[k] * row[x];
      magnitude[x] += std::abs(weight[k] * row[x]);
    }
  }
  for (std::size_t k = 0; k < count; ++k) {
    load_value(k, row);
    for (std::size_t x = 0; x < width; ++x) {
      const double pull = weight[k] * std::abs(row[x] - value[x]);
      squares[x] += pull * independent[k] * pull * independent[k];
      carried[x] += pull * shared[k] + 0x1p-126 * std::abs(row[x]);  // weights flushed to 0
    }
  }
  const auto terms = static_cast<std::int64_t>(count);
  for (std::size_t x = 0; x < width; ++x) {
    const double sums =
        sum_error_bound(magnitude[x], terms) + std::abs(value[x]) * sum_error_bound(1, terms);
    out[x] = {value[x],
              std::sqrt(squares[x]) + carried[x] + sums + 4 * f32_unit * std::abs(value[x])};
  }
  return out;
}

}  // namespace kernelgate
