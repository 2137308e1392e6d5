// Attention inputs with an exact result: the score of one key leads all others by more than 110, so
// its weight is exactly 1, all other exp() are exactly 0, and the output is that key's value.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/cca_attention/cca_attention.hpp"

namespace kernelgate {

/// Each key encodes its row number as four digits in [-16,15] and their squares. A query encodes
/// its target row number w, so that its score is a constant minus c sum m_i (digit - w_i)^2.
/// docs/kernels/cca_attention.md derives the lead and why every number fits f16 and bf16.
class AttentionCodes {
 public:
  AttentionCodes(const CcaAttentionCase& c, std::uint64_t key) : c_(c), key_(key) {}

  /// The winning cache row of query head n of token t, and the query's target row. The target is
  /// sometimes a hidden row next to the visible range, which detects one key too many.
  struct Aim {
    std::int64_t winner = 0, target = 0;
  };
  /// Requires that the query sees at least one key.
  Aim aim(std::int64_t b, std::int64_t t, std::int64_t n) const;

  double query(std::int64_t b, std::int64_t t, std::int64_t n, std::int64_t x) const;
  double key(std::int64_t b, std::int64_t s, std::int64_t j, std::int64_t x) const;

  /// Minimum head_dim for the offset and one code.
  static constexpr std::int64_t min_head_dim = 9;

 private:
  using Digits = std::array<std::int64_t, 4>;
  Digits digits(std::int64_t b, std::int64_t s, std::int64_t j) const;
  std::int64_t repeats() const;
  double offset() const;

  const CcaAttentionCase& c_;
  std::uint64_t key_;
};

}  // namespace kernelgate
