// Inputs of attention whose result is exact: one key leads every other by more than 110 in score,
// so its weight is exactly 1, all others' exp() is exactly 0, and the output is that key's value.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/cca_attention/cca_attention.hpp"

namespace kernelgate {

/// Each key carries its row number as four digits of [-16,15] and their squares; a query carries
/// the row number w that it aims at, so that its score is a constant minus c sum m_i (digit -
/// w_i)^2. docs/kernels/cca_attention.md derives the lead and why every number fits f16 and bf16.
class AttentionCodes {
 public:
  AttentionCodes(const CcaAttentionCase& c, std::uint64_t key) : c_(c), key_(key) {}

  /// Rows of the cache that leads for query head n of token t, and the row its query aims at: now
  /// and then a hidden neighbour of the visible range, so that one key too many is noticed.
  struct Aim {
    std::int64_t winner = 0, target = 0;
  };
  /// Only for a query that sees at least one key.
  Aim aim(std::int64_t b, std::int64_t t, std::int64_t n) const;

  double query(std::int64_t b, std::int64_t t, std::int64_t n, std::int64_t x) const;
  double key(std::int64_t b, std::int64_t s, std::int64_t j, std::int64_t x) const;

  /// Least head_dim that holds the offset and one code.
  static constexpr std::int64_t least_head_dim = 9;

 private:
  using Digits = std::array<std::int64_t, 4>;
  Digits digits(std::int64_t b, std::int64_t s, std::int64_t j) const;
  std::int64_t repeats() const;
  double offset() const;

  const CcaAttentionCase& c_;
  std::uint64_t key_;
};

}  // namespace kernelgate
