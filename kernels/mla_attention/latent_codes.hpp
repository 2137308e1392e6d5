// Latent attention inputs with an exact result: the score of one row leads all others by more than
// 110, so its weight is exactly 1, all other exp() are exactly 0, and the output is its value.
#pragma once

#include <cstdint>

#include "kernels/mla_attention/mla_attention.hpp"

namespace kernelgate {

/// Each key encodes its row number in Gray code, one component of +1 or -1 per bit, repeated many
/// times. A query contains the code of its target, so that every differing bit has the same cost.
/// docs/kernels/mla_attention.md derives the lead and why every number fits f16 and bf16.
class LatentCodes {
 public:
  LatentCodes(const MlaAttentionCase& c, std::uint64_t key);

  /// The winning row of head n of token t, and the query's target row. The target is sometimes a
  /// hidden row next to the visible range, which detects one row too many.
  struct Aim {
    std::int64_t winner = 0, target = 0;
  };
  /// Requires that the query sees at least one row.
  Aim aim(std::int64_t b, std::int64_t t, std::int64_t n) const;

  /// Component x of [own; rope].
  double query(std::int64_t b, std::int64_t t, std::int64_t n, std::int64_t x) const;
  double own(std::int64_t b, std::int64_t s, std::int64_t j, std::int64_t x) const;
  double rope(std::int64_t b, std::int64_t s, std::int64_t x) const;

  /// Minimum own() for the offset and one code.
  static std::int64_t min_own(const MlaAttentionCase& c);

 private:
  std::uint64_t own_code(std::int64_t b, std::int64_t s, std::int64_t j) const;
  std::uint64_t rope_code(std::int64_t b, std::int64_t s) const;
  std::int64_t own_end() const { return 1 + bits_ * own_copies_; }
  std::int64_t rope_end() const { return bits_ * rope_copies_; }

  const MlaAttentionCase& c_;
  std::uint64_t key_;
  std::int64_t bits_, own_copies_, rope_copies_;
  double cost_, offset_;
};

}  // namespace kernelgate
