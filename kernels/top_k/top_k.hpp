// top_k: the K best positions of each row of logits (spec 7.2, for rows as long as a vocabulary).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"

namespace kernelgate {

/// Contents of the rows. `random` rows contain few different integers (many ties) in exact mode and
/// pseudo-normal numbers in real mode; the others are the hard rows of spec 12.4 in both modes.
enum class TopKData {
  random,
  equal,
  shared11,
  shared22,
  ascending,
  descending,
  neginf,
  nan,
  all_nan,
  tiny
};
/// Valid entries per row: all of `valid`, or 0, 1, k-1, k, k+1, ... in rotation.
enum class TopKLengths { full, ragged };
/// Whether the order inside a row is judged. `any` accepts every set of k positions with the right
/// values, for kernels that append with atomics.
enum class TopKOrder { sorted, any };

/// index[r,j] = position of the (j+1)-th entry of row r by (value falling, position rising);
/// value[r,j] = logits[r, index[r,j]]                                             (spec 7.2)
/// Values compare by their bits as sign and magnitude: NaN > +inf > ... > +0 > -0 > ... > -inf >
/// NaN with sign. Only entries below length[r] count; slots beyond them are (-1, -inf).
/// logits [rows,columns], length [rows] i32, index [rows,k] i32, value [rows,k]; row-major.
struct TopKCase {
  static constexpr std::string_view kernel = "top_k";
  static constexpr std::int64_t largest_k = 4096;

  std::int64_t rows = 1;
  std::int64_t columns = 262272;
  std::int64_t valid = 0;  // longest row; later columns are padding. 0: every column
  std::int64_t k = 50;
  TopKLengths lengths = TopKLengths::full;
  TopKData data = TopKData::random;
  TopKOrder order = TopKOrder::sorted;
  Dtype type = Dtype::f32;

  static const Axes<TopKCase>& axes();
  void validate() const;
  std::int64_t longest() const { return valid == 0 ? columns : valid; }
  std::int64_t length_of(std::int64_t row) const;
  /// Every valid logit and every length is read once, index and value are written once. No
  /// arithmetic.
  Traffic traffic() const;
  std::vector<TensorSpec> tensors() const;
  void fill(TensorSet& tensors, DataMode mode, std::uint64_t seed) const;
  ReferenceValues reference_values(const TensorSet& before, DataMode mode,
                                   std::uint64_t seed) const;
  bool operator==(const TopKCase&) const = default;
};

}  // namespace kernelgate
