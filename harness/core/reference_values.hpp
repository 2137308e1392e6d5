// Reference results for the outputs of one case: values with error bounds, and properties.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/bounded.hpp"
#include "harness/core/tensor.hpp"

namespace kernelgate {

/// Expected values of one output or state tensor, element by element.
struct NumericReference {
  std::string tensor;
  std::vector<std::int64_t> at;     // judged positions (flat, row-major); empty: all, in order
  std::vector<double> value;        // in double; rounded for bitwise comparisons
  std::vector<double> error_bound;  // bound of |got - value|; empty: compare bit for bit

  /// Appends the next element of a full or sampled tensor and adds the output type's rounding to
  /// its bound.
  void add(Bounded result, Dtype type) {
    value.push_back(result.value);
    error_bound.push_back(stored_as(type, result).bound);
  }
  void add_exact(double result) { value.push_back(result); }
};

/// A condition on outputs beyond single element values: a router choice inside its margin, a top-k
/// set, a checksum over every element. `violated` returns a sentence if it does not hold.
struct Property {
  std::string name;
  std::function<std::optional<std::string>(const TensorSet& got)> violated;
  std::int64_t covers = 0;  // elements that it covers, for "checked k of n"
};

struct ReferenceValues {
  std::vector<NumericReference> numeric;
  std::vector<Property> properties;
};

}  // namespace kernelgate
