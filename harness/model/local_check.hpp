// Checks every operation of a forward pass on the inputs that its kernel actually received: the
// error of each operation alone, independent of earlier ones.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/model/operations.hpp"

namespace kernelgate::model {

/// All runs of one operation (q_proj of every layer).
struct LocalErrors {
  std::int64_t runs = 0, outside = 0;  // outside: runs with an error beyond its bound
  std::int64_t elements = 0;           // checked
  double worst_ratio = 0;              // largest error as a fraction of its bound
  std::int64_t worst_layer = -1;
  std::vector<std::string> properties;  // of the run with worst_ratio
};

class LocalCheck final : public OperationObserver {
 public:
  /// Large operations are checked on a sample drawn from the seed.
  explicit LocalCheck(std::uint64_t seed) : seed_(seed) {}

  void before(const Operation& operation, const Case& shape, const TensorSet& tensors) override;
  void after(const Operation& operation, const Case& shape, const TensorSet& tensors) override;

  const std::map<std::string, LocalErrors>& by_operation() const { return errors_; }
  bool all_inside() const { return first_outside_.empty(); }
  /// "layer 3, q_proj: y[0,17] got 1.2, expected 1.1, allowed 0.01 …"; empty when all are inside.
  const std::string& first_outside() const { return first_outside_; }
  /// "layer 0, experts: m[2,5] is inf"; empty when every output was finite.
  const std::string& first_non_finite() const { return first_non_finite_; }

 private:
  void note_non_finite(const Operation& operation, const Tensor& tensor);

  std::uint64_t seed_;
  ReferenceValues reference_values_;
  std::map<std::string, LocalErrors> errors_;
  std::string first_outside_, first_non_finite_;
};

/// "layer 3, q_proj", or "lm_head" outside the layers.
std::string describe(const Operation& operation);

}  // namespace kernelgate::model
