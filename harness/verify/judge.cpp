#include "harness/verify/judge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace kernelgate {
namespace {

// Ratio of error to error bound: 1 is on the bound. Bitwise mismatches and NaN count as infinite.
double excess(double got, double expected, double allowed) {
  if (std::isnan(expected)) return std::isnan(got) ? 0 : std::numeric_limits<double>::infinity();
  if (got == expected) return 0;
  const double off = std::abs(got - expected);
  if (std::isnan(off) || std::isinf(off)) return std::numeric_limits<double>::infinity();
  return allowed > 0 ? off / allowed : std::numeric_limits<double>::infinity();
}

std::string axis_word(std::size_t axis, std::size_t rank) {
  if (rank == 2) return axis == 0 ? "row" : "column";
  return "axis " + std::to_string(axis);
}

std::vector<std::int64_t> unravel(const TensorSpec& spec, std::int64_t position) {
  std::vector<std::int64_t> index(spec.shape.size());
  for (std::size_t axis = spec.shape.size(); axis-- > 0;) {
    index[axis] = position % spec.shape[axis];
    position /= spec.shape[axis];
  }
  return index;
}

}  // namespace

TensorVerdict judge(const NumericReference& reference_values, const Tensor& got) {
  TensorVerdict verdict;
  verdict.tensor = reference_values.tensor;
  verdict.total = got.count();
  verdict.checked = static_cast<std::int64_t>(reference_values.value.size());
  const bool bitwise = reference_values.error_bound.empty();
  double squares_off = 0;
  double squares = 0;
  std::vector<std::pair<double, Mismatch>> wrong;
  for (std::size_t i = 0; i < reference_values.value.size(); ++i) {
    const std::int64_t position =
        reference_values.at.empty() ? static_cast<std::int64_t>(i) : reference_values.at[i];
    const double expected =
        bitwise ? round_to(got.spec().type, reference_values.value[i]) : reference_values.value[i];
    const double allowed = bitwise ? 0 : reference_values.error_bound[i];
    const double value = got.get(position);
    const double ratio = excess(value, expected, allowed);
    if (!bitwise && allowed > 0) verdict.worst_ratio = std::max(verdict.worst_ratio, ratio);
    if (std::isfinite(value) && std::isfinite(expected)) {
      squares_off += (value - expected) * (value - expected);
      squares += expected * expected;
    }
    // An infinite bound fails the element, unless the reference itself is not finite.
    if (ratio <= 1 && (std::isfinite(allowed) || !std::isfinite(expected))) continue;
    ++verdict.outside;
    if (got.is_poison(position)) ++verdict.untouched;
    if (verdict.outside_positions.size() < 65536) verdict.outside_positions.push_back(position);
    wrong.emplace_back(ratio, Mismatch{position, value, expected, allowed});
    if (wrong.size() > 4096) {
      std::nth_element(wrong.begin(), wrong.begin() + 5, wrong.end(),
                       [](const auto& a, const auto& b) { return a.first > b.first; });
      wrong.resize(5);
    }
  }
  std::stable_sort(wrong.begin(), wrong.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < std::min<std::size_t>(5, wrong.size()); ++i) {
    verdict.worst.push_back(wrong[i].second);
  }
  verdict.normalised_square_error = squares > 0 ? squares_off / squares : squares_off;
  return verdict;
}

std::string coordinates(const TensorSpec& spec, std::int64_t position) {
  std::string text = spec.name + "[";
  const std::vector<std::int64_t> index = unravel(spec, position);
  for (std::size_t axis = 0; axis < index.size(); ++axis) {
    text += (axis == 0 ? "" : ",") + std::to_string(index[axis]);
  }
  return text + "]";
}

std::string pattern(const TensorVerdict& verdict, const TensorSpec& spec) {
  std::string text = std::to_string(verdict.outside) + " of " + std::to_string(verdict.checked) +
                     " judged outside";
  if (verdict.checked != verdict.total)
    text += " (tensor has " + std::to_string(verdict.total) + ")";
  if (verdict.untouched > 0) text += ", " + std::to_string(verdict.untouched) + " never written";
  const std::size_t rank = spec.shape.size();
  for (std::size_t axis = 0; axis < rank; ++axis) {
    std::int64_t low = std::numeric_limits<std::int64_t>::max();
    std::int64_t high = -1;
    for (const std::int64_t position : verdict.outside_positions) {
      const std::int64_t index = unravel(spec, position)[axis];
      low = std::min(low, index);
      high = std::max(high, index);
    }
    if (high < 0 || (low == 0 && high == spec.shape[axis] - 1 && low != high)) continue;
    text += ", " + axis_word(axis, rank) +
            (low == high ? " " + std::to_string(low)
                         : "s " + std::to_string(low) + ".." + std::to_string(high));
  }
  return text;
}

}  // namespace kernelgate
