// Finds the first operation of a forward pass that produces a non-finite number. f16 ends at 65504,
// and an overflow often becomes visible long after the operation that caused it (spec A11).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "harness/model/operations.hpp"

namespace kernelgate::model {

/// The largest finite result of an operation over all layers.
struct Headroom {
  std::int64_t runs = 0;
  double largest = 0, limit = 0;  // |x|, and the largest finite number of that tensor's type
  std::int64_t layer = -1;
  std::string tensor;
};

/// The index and value of a non-finite element; at = -1 if there is none.
struct NonFinite {
  std::int64_t at = -1;
  double value = 0;
};

class FiniteCheck final : public OperationObserver {
 public:
  void before(const Operation&, const Case&, const TensorSet&) override {}
  /// Checks every floating-point output and state.
  void after(const Operation& operation, const Case& shape, const TensorSet& tensors) override;

  bool all_finite() const { return first_.empty(); }
  /// "layer 1, input_norm: y[0,3] is inf", empty when all results were finite.
  const std::string& first() const { return first_; }
  /// The inputs of that operation: "its inputs are finite, the largest is hidden[0,7] = -1.2e+03",
  /// or the input that was already non-finite, such as a weight that the storage type cannot
  /// represent.
  const std::string& inputs_of_first() const { return inputs_; }
  const std::map<std::string, Headroom>& by_operation() const { return headroom_; }

 private:
  void describe_inputs(const TensorSet& tensors);

  std::map<std::string, Headroom> headroom_;
  std::string first_, inputs_;
};

/// Largest finite number of a floating type.
double largest_number(Dtype type);

}  // namespace kernelgate::model
