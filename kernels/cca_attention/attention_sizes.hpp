// Sizes shared by the portable attention's kernels, as plain numbers usable on a device.
#pragma once

#include <cstdint>

#include "harness/core/number.hpp"
#include "kernels/cca_attention/cca_attention.hpp"

namespace kernelgate {

/// The case's sizes for a device. window 0: no window.
struct AttentionSizes {
  std::int64_t batch, tokens, rows, heads, kv_heads, head_dim, group, window;

  explicit AttentionSizes(const CcaAttentionCase& c)
      : batch(c.batch),
        tokens(c.tokens),
        rows(c.rows()),
        heads(c.heads),
        kv_heads(c.kv_heads),
        head_dim(c.head_dim),
        group(c.group()),
        window(c.window) {}

  /// First row seen by token t of a sequence with valid rows [first, end), and one past the last.
  KG_FUNCTION std::int64_t begin_of(std::int64_t t, std::int64_t first, std::int64_t end) const {
    const std::int64_t oldest = window > 0 ? end - tokens + t - window + 1 : 0;
    return oldest > first ? oldest : first;
  }
  KG_FUNCTION std::int64_t end_of(std::int64_t t, std::int64_t end) const {
    return end - tokens + t + 1;
  }
  /// Offset of key row (b, s, j) in k and v.
  KG_FUNCTION std::int64_t key_at(std::int64_t b, std::int64_t s, std::int64_t j) const {
    return ((b * rows + s) * kv_heads + j) * head_dim;
  }
};

/// How a portable launch partitions the work, for tests: query rows (token, head of one group) and
/// keys per tile, and keys per split. 0: chosen for the case and the execution space. Every choice
/// is correct: splits are merged by their maxima and sums.
struct AttentionCut {
  std::int64_t tile_rows = 0, tile_keys = 0, split_keys = 0;
};

}  // namespace kernelgate
