// Rows of a cache of keys and values in the cases of attention kernels: which are valid, which a
// query sees, and what the unwritten ones contain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "harness/core/tensor.hpp"

namespace kernelgate {

/// full: every cache row is valid. ragged: left-padded sequences (prefill, chunk) or caches that
/// are filled to different lengths (decode); sequence 1 has no valid row at all, sequence 2 one.
enum class CacheRows { full, ragged };
/// On which side of its valid rows a ragged sequence has the others.
enum class Padding { left, right };

/// Cache rows [begin, end) that are valid or that a query sees; empty when end <= begin.
struct VisibleKeys {
  std::int64_t begin = 0, end = 0;
  std::int64_t count() const { return end > begin ? end - begin : 0; }
};

/// Valid rows of sequence b of `batch`, whose caches have `rows` rows each.
inline VisibleKeys valid_cache_rows(CacheRows cache, Padding padding, std::int64_t rows,
                                    std::int64_t batch, std::int64_t b) {
  if (cache == CacheRows::full) return {0, rows};
  std::int64_t missing = rows * (b + 1) / (batch + 2);
  if (b == 1) missing = rows;
  if (b == 2) missing = rows - 1;
  if (padding == Padding::right) return {0, rows - missing};
  return {missing, rows};
}

/// Writes valid_rows(b) of every sequence of the case into `valid`, i32 [batch,2].
template <class Case>
void fill_valid_rows(const Case& c, Tensor& valid) {
  for (std::int64_t b = 0; b < c.batch; ++b) {
    valid.set(2 * b, static_cast<double>(c.valid_rows(b).begin));
    valid.set(2 * b + 1, static_cast<double>(c.valid_rows(b).end));
  }
}

/// Keys that token t of sequence b sees according to the tensor `valid`, which a kernel reads too:
/// a case's own rows in a check, a cache's rows in a model.
template <class Case>
VisibleKeys visible_in(const Case& c, const TensorSet& before, std::int64_t b, std::int64_t t) {
  const auto valid = before["valid"].template as<std::int32_t>();
  return c.visible(
      {valid[static_cast<std::size_t>(2 * b)], valid[static_cast<std::size_t>(2 * b + 1)]}, t);
}

/// Stores NaN in the rows after the valid ones of `tensor` [batch,rows,...]: a kernel that reads
/// them has to drop them, not multiply them by 0.
template <class Case>
void spoil_unwritten_rows(const Case& c, Tensor& tensor) {
  const std::int64_t row = tensor.count() / (c.batch * c.rows());
  for (std::int64_t b = 0; b < c.batch; ++b) {
    for (std::int64_t i = c.valid_rows(b).end * row; i < c.rows() * row; ++i) {
      tensor.set(b * c.rows() * row + i, std::numeric_limits<double>::quiet_NaN());
    }
  }
}

}  // namespace kernelgate
