// For a kernel folder's tests: judges a variant on a case as `kernelgate check` does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/registry.hpp"
#include "harness/core/variant_role.hpp"
#include "harness/verify/check.hpp"

namespace kernelgate {

/// Judges "kernel/variant/axes" of this build's kernels, e.g. "linear/kokkos/tokens=7,bf16".
inline CheckResult check_case(std::string_view id, DataMode mode, std::uint64_t seed = 1) {
  Registry registry;
  register_kernels(registry);
  const Registry::Found found = registry.find_case(id);
  if (found.variant == nullptr) throw BadInput("the id names no variant: " + std::string(id));
  return PreparedCase(*found.shape, mode, seed).check(*found.variant);
}

/// The case that the axes describe. Throws BadInput as the registry does, but for its size.
template <KernelCase C>
C case_of(std::string_view axes) {
  C c = C::axes().parse(axes);
  if constexpr (requires { c.validate(); }) c.validate();
  return c;
}

/// A case with its reference, for judging variants that only a test defines: seeded bugs, or
/// launches beyond a variant's plan.
template <KernelCase C>
class JudgedCase {
 public:
  explicit JudgedCase(const C& c, DataMode mode, std::uint64_t seed = 1)
      : shape_(c), prepared_(shape_, mode, seed) {}

  /// `prepare` takes the case and its tensors and returns a Launch.
  template <class Prepare>
  CheckResult check(Prepare prepare) const {
    Variant variant;
    variant.name = "mutant";
    variant.prepare = [prepare](const Case& shape, TensorSet& tensors, NativeDevice*) {
      return std::unique_ptr<Launch>(prepare(typed<C>(shape), tensors));
    };
    return prepared_.check(variant);
  }

 private:
  TypedCase<C> shape_;
  PreparedCase prepared_;
};

/// Judges one such variant on a case.
template <KernelCase C, class Prepare>
CheckResult check_mutant(const C& c, DataMode mode, Prepare prepare, std::uint64_t seed = 1) {
  return JudgedCase<C>(c, mode, seed).check(prepare);
}

/// Judges a serial kernel with a seeded bug: `run` takes the case, its tensors and the bug.
template <KernelCase C, class Fault, class Run>
CheckResult check_fault(const C& c, DataMode mode, const Fault& fault, Run run) {
  return check_mutant(c, mode, [&](const C& shape, TensorSet& tensors) {
    return make_launch([shape, &tensors, fault, run] { run(shape, tensors, fault); });
  });
}

/// Judges every listed variant on every shape, in each data mode of the shape. Skips variants that
/// this build lacks, and vendor variants that do not support the shape.
inline std::vector<CheckResult> check_shapes(std::string_view kernel,
                                             const std::vector<std::string>& variants,
                                             const std::vector<std::string>& shapes) {
  Registry registry;
  register_kernels(registry);
  const Kernel& found = registry.find(kernel);
  std::vector<CheckResult> results;
  for (const std::string& axes : shapes) {
    const std::unique_ptr<Case> shape = found.parse(axes);
    for (const DataMode mode : {DataMode::exact, DataMode::real}) {
      if (mode == DataMode::exact && shape->exact_not_applicable()) continue;
      const PreparedCase prepared(*shape, mode, 1);
      for (const std::string& name : variants) {
        const Variant* variant = found.find_variant(name);
        if (variant == nullptr) continue;
        CheckResult result = prepared.check(*variant);
        const bool vendor = role_of(name) == VariantRole::baseline;
        if (vendor && result.status == Status::unsupported) continue;
        results.push_back(std::move(result));
      }
    }
  }
  return results;
}

}  // namespace kernelgate
