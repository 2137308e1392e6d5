// Which ids of a word of 32 a row may keep: the rule of both portable shapes.
#pragma once

#include <cstdint>

#include "harness/core/number.hpp"
#include "kernels/token_bitmask/token_bitmask.hpp"

namespace kernelgate {

struct TokenBitmaskRule {
  std::int64_t vocabulary, real_ids, words;

  explicit TokenBitmaskRule(const TokenBitmaskCase& c)
      : vocabulary(c.vocabulary), real_ids(c.real_ids()), words(c.mask_words()) {}

  KG_FUNCTION std::int64_t row_words() const { return (vocabulary + 31) / 32; }

  /// Bit j: id 32 w + j stays. `mask`: the row's, -1 for none.
  KG_FUNCTION std::uint32_t kept(const std::int32_t* bitmask, std::int64_t mask,
                                 std::int64_t w) const {
    const bool covered = mask >= 0 && w < words;
    const std::uint32_t bits =
        covered ? static_cast<std::uint32_t>(bitmask[mask * words + w]) : ~0U;
    const std::int64_t real = real_ids - 32 * w;
    if (real >= 32) return bits;
    return real <= 0 ? 0U : bits & ((1U << real) - 1U);
  }
};

}  // namespace kernelgate
