#include "harness/model/finite_check.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "harness/model/local_check.hpp"
#include "harness/verify/judge.hpp"

namespace kernelgate::model {
namespace {

/// Summary of one tensor: its first non-finite element and its largest finite one.
struct Found {
  NonFinite none;
  std::int64_t largest_at = -1;
  double largest = 0;
};

Found look_at(const Tensor& tensor) {
  Found found;
  for (std::int64_t i = 0; i < tensor.count(); ++i) {
    const double x = tensor.get(i);
    if (!std::isfinite(x)) {
      if (found.none.at < 0) found.none = {i, x};
    } else if (found.largest_at < 0 || std::abs(x) > std::abs(found.largest)) {
      found.largest = x;
      found.largest_at = i;
    }
  }
  return found;
}

}  // namespace

double largest_number(Dtype type) {
  switch (type) {
    case Dtype::f16:
      return 65504;
    case Dtype::bf16:
      return 0x1.FEp127;
    case Dtype::f64:
      return std::numeric_limits<double>::max();
    default:
      return std::numeric_limits<float>::max();
  }
}

void FiniteCheck::describe_inputs(const TensorSet& tensors) {
  const Tensor* widest = nullptr;
  Found most;
  for (const Tensor& tensor : tensors.all()) {
    if (tensor.spec().role != Role::input || !is_floating(tensor.spec().type)) continue;
    const Found found = look_at(tensor);
    if (found.none.at >= 0) {
      inputs_ = fmt::format("its input {} is {} already, stored as {}",
                            coordinates(tensor.spec(), found.none.at), found.none.value,
                            name(tensor.spec().type));
      return;
    }
    if (found.largest_at < 0 || std::abs(found.largest) < std::abs(most.largest)) continue;
    most = found;
    widest = &tensor;
  }
  if (widest == nullptr) return;
  inputs_ = fmt::format("its inputs are finite, the largest is {} = {:.6g}",
                        coordinates(widest->spec(), most.largest_at), most.largest);
}

void FiniteCheck::after(const Operation& operation, const Case&, const TensorSet& tensors) {
  Headroom& room = headroom_[std::string(operation.name)];
  ++room.runs;
  for (const Tensor& tensor : tensors.all()) {
    if (tensor.spec().role == Role::input || !is_floating(tensor.spec().type)) continue;
    const Found found = look_at(tensor);
    const double limit = largest_number(tensor.spec().type);
    const double used = std::abs(found.largest) / limit;
    if (room.limit == 0 || used > room.largest / room.limit) {
      room.largest = std::abs(found.largest);
      room.limit = limit;
      room.layer = operation.layer;
      room.tensor = tensor.spec().name;
    }
    if (found.none.at < 0 || !first_.empty()) continue;
    first_ = fmt::format("{}: {} is {}, stored as {}, whose limit is {:.6g}", describe(operation),
                         coordinates(tensor.spec(), found.none.at), found.none.value,
                         name(tensor.spec().type), limit);
    describe_inputs(tensors);
  }
}

}  // namespace kernelgate::model
