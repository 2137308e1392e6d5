#include "harness/model/local_check.hpp"

#include <fmt/format.h>

#include <cmath>

#include "harness/verify/judge.hpp"

namespace kernelgate::model {

std::string describe(const Operation& operation) {
  if (operation.layer < 0) return std::string(operation.name);
  return fmt::format("layer {}, {}", operation.layer, operation.name);
}

// The reference is computed before the kernel runs, because a state is overwritten in place.
void LocalCheck::before(const Operation&, const Case& shape, const TensorSet& tensors) {
  reference_values_ = shape.reference_values(tensors, DataMode::real, seed_);
}

void LocalCheck::note_non_finite(const Operation& operation, const Tensor& tensor) {
  if (!first_non_finite_.empty() || !is_floating(tensor.spec().type)) return;
  for (std::int64_t i = 0; i < tensor.count(); ++i) {
    const double x = tensor.get(i);
    if (std::isfinite(x)) continue;
    first_non_finite_ =
        fmt::format("{}: {} is {}", describe(operation), coordinates(tensor.spec(), i), x);
    return;
  }
}

void LocalCheck::after(const Operation& operation, const Case&, const TensorSet& tensors) {
  LocalErrors& errors = errors_[std::string(operation.name)];
  ++errors.runs;
  std::string fault;
  double worst = 0;
  for (const NumericReference& numeric : reference_values_.numeric) {
    const Tensor& got = tensors[numeric.tensor];
    const TensorVerdict verdict = judge(numeric, got);
    errors.elements += verdict.checked;
    worst = std::max(worst, verdict.worst_ratio);
    if (verdict.outside == 0 || !fault.empty()) continue;
    const Mismatch& m = verdict.worst.front();
    fault = fmt::format("{}: {} got {:.9g}, expected {:.9g}, allowed {:.3g}; {}",
                        describe(operation), coordinates(got.spec(), m.position), m.got, m.expected,
                        m.allowed, pattern(verdict, got.spec()));
  }
  std::vector<std::string> properties;
  for (const Property& property : reference_values_.properties) {
    properties.push_back(property.name);
    const auto violated = property.violated(tensors);
    if (violated && fault.empty()) fault = describe(operation) + ": " + *violated;
  }
  for (const Tensor& tensor : tensors.all()) {
    if (tensor.spec().role == Role::output) note_non_finite(operation, tensor);
  }
  if (worst >= errors.worst_ratio) {
    errors.worst_ratio = worst;
    errors.worst_layer = operation.layer;
    errors.properties = std::move(properties);
  }
  if (fault.empty()) return;
  ++errors.outside;
  if (first_outside_.empty()) first_outside_ = fault;
}

}  // namespace kernelgate::model
