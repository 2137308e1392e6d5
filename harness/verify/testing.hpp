// For a kernel folder's tests: judge a variant on a case as `kernelgate check` does.
#pragma once

#include <string_view>

#include "harness/core/registry.hpp"
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

/// Judges a variant that only a test knows: a kernel broken on purpose.
template <KernelCase C, class Prepare>
CheckResult check_mutant(const C& c, DataMode mode, Prepare prepare, std::uint64_t seed = 1) {
  Variant variant;
  variant.name = "mutant";
  variant.prepare = [prepare](const Case& shape, TensorSet& tensors) {
    return std::unique_ptr<Launch>(prepare(typed<C>(shape), tensors));
  };
  const TypedCase<C> shape(c);
  return PreparedCase(shape, mode, seed).check(variant);
}

}  // namespace kernelgate
