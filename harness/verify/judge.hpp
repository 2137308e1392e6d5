// Compares outputs with their reference, element by element. One wrong element makes the kernel
// wrong; means over tensors and matched percentages do not count (docs/verdicts.md has the
// measurements).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/reference_values.hpp"

namespace kernelgate {

/// One element outside its error bound.
struct Mismatch {
  std::int64_t position = 0;  // flat, row-major
  double got = 0;
  double expected = 0;
  double allowed = 0;  // 0: compared bit for bit
};

/// The verdict on one tensor.
struct TensorVerdict {
  std::string tensor;
  std::int64_t total = 0;              // elements of the tensor
  std::int64_t checked = 0;            // elements judged
  std::int64_t outside = 0;            // of those, outside their error bound
  std::int64_t untouched = 0;          // judged elements that still contain the poison
  double worst_ratio = 0;              // largest |got - expected| / bound where a bound exists
  double normalised_square_error = 0;  // NMSE, for information only
  std::vector<Mismatch> worst;         // at most five, by error / allowed
  std::vector<std::int64_t> outside_positions;  // at most 65,536, for the pattern
};

TensorVerdict judge(const NumericReference& reference_values, const Tensor& got);

/// "y[3,96]"
std::string coordinates(const TensorSpec& spec, std::int64_t position);
/// Which part of the tensor is wrong: "32 of 14336 outside, all in row 3, columns 96..127".
std::string pattern(const TensorVerdict& verdict, const TensorSpec& spec);

}  // namespace kernelgate
