// Memory layout of mla_attention, as plain sizes usable on a device. Keys and values are rows of
// the cache, or of the expanded tensor with the rotated part in the cache.
#pragma once

#include <cstdint>

#include "harness/core/number.hpp"
#include "kernels/mla_attention/mla_attention.hpp"

namespace kernelgate {

struct MlaLayout {
  std::int64_t batch, tokens, rows, heads, key_heads, group, rank, rope, own, values, each;
  bool latent;

  explicit MlaLayout(const MlaAttentionCase& c)
      : batch(c.batch),
        tokens(c.tokens),
        rows(c.rows()),
        heads(c.heads),
        key_heads(c.key_heads()),
        group(c.group()),
        rank(c.rank),
        rope(c.rope),
        own(c.own()),
        values(c.values()),
        each(c.nope + c.value_dim),
        latent(c.latent()) {}

  /// Components of a query and of a whole key.
  KG_FUNCTION std::int64_t width() const { return own + rope; }
  /// One past the last row that token t of a sequence that ends at `end` sees.
  KG_FUNCTION std::int64_t end_of(std::int64_t t, std::int64_t end) const {
    return end - tokens + t + 1;
  }
  /// Index of a (sequence, token, head): times width() gives its query, times `values` its output.
  KG_FUNCTION std::int64_t query(std::int64_t b, std::int64_t t, std::int64_t n) const {
    return (b * tokens + t) * heads + n;
  }
  /// Offsets of row s: of its latent in `cache`; of key head j's own part and value, in `cache`
  /// when latent and in `expanded` otherwise.
  KG_FUNCTION std::int64_t cache_at(std::int64_t b, std::int64_t s) const {
    return (b * rows + s) * (rank + rope);
  }
  KG_FUNCTION std::int64_t key_at(std::int64_t b, std::int64_t s, std::int64_t j) const {
    return latent ? cache_at(b, s) : ((b * rows + s) * heads + j) * each;
  }
  KG_FUNCTION std::int64_t value_at(std::int64_t b, std::int64_t s, std::int64_t j) const {
    return key_at(b, s, j) + (latent ? 0 : own);
  }
};

}  // namespace kernelgate
