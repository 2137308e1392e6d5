// Scalar reference of top-k over a row (spec 7.2): a total order of f32, ties to the lowest index.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/core/number.hpp"
#include "harness/core/values.hpp"

namespace kernelgate::reference {

/// A smaller key is a larger number: NaN without sign, +inf, ..., +0, -0, ..., -inf, NaN with sign.
inline std::uint32_t top_k_key(float x) {
  const std::uint32_t bits = float_to_bits(x);
  return (bits & 0x80000000U) != 0 ? bits : ~bits & 0x7FFFFFFFU;
}

/// Indices of the k largest of the first `length` logits, ordered by (value falling, index rising).
/// The rest of a row is padding and never chosen. If fewer than k are valid, -1 fills the tail.
inline std::vector<std::int32_t> top_k(const Values& logits, std::int64_t length, std::int64_t k) {
  struct Candidate {
    std::uint32_t key;
    std::int32_t index;
  };
  std::vector<Candidate> all;
  for (std::int64_t i = 0; i < std::min(length, logits.size()); ++i) {
    all.push_back({top_k_key(static_cast<float>(logits[i])), static_cast<std::int32_t>(i)});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Candidate& a, const Candidate& b) { return a.key < b.key; });
  std::vector<std::int32_t> out(static_cast<std::size_t>(k), -1);
  for (std::size_t i = 0; i < std::min(out.size(), all.size()); ++i) out[i] = all[i].index;
  return out;
}

}  // namespace kernelgate::reference
