// One query head's reference values with error bounds: softmax_mix_bounded over this cache's
// layout.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "harness/core/values.hpp"
#include "kernels/cca_attention/cca_attention_reference.hpp"
#include "kernels/common/reference/softmax_mix.hpp"

namespace kernelgate::reference {

/// attend_head<double> without rounding, each element with the largest error of a correctly
/// implemented kernel that keeps scores, weights and sums in f32.
inline std::vector<Bounded> attend_head_bounded(const Values& q, const Values& keys,
                                                const Values& values, KeyRange range,
                                                std::int64_t n, const CcaAttentionParams& p) {
  const std::int64_t d = p.head_dim, j = n / (p.num_heads / p.num_kv_heads);
  const auto load = [&](const Values& from, std::size_t k, std::vector<double>& row) {
    const std::int64_t s = range.begin + static_cast<std::int64_t>(k);
    load_row(from, (s * p.num_kv_heads + j) * d, row);
  };
  std::vector<double> query(static_cast<std::size_t>(d));
  load_row(q, n * d, query);
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(0, range.end - range.begin));
  return softmax_mix_bounded(
      query, count, query.size(), 1 / std::sqrt(static_cast<double>(d)),
      [&](std::size_t k, std::vector<double>& row) { load(keys, k, row); },
      [&](std::size_t k, std::vector<double>& row) { load(values, k, row); });
}

}  // namespace kernelgate::reference
