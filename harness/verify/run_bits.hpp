// The bits of a run: what claims of reproducibility and comparisons of thread counts are held to.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/kernel.hpp"

namespace kernelgate {

/// A hash of the contents of each tensor, in the set's order.
std::vector<std::uint64_t> bits_of(const TensorSet& tensors);

/// The same after one run on inputs of that seed, into poisoned outputs.
std::vector<std::uint64_t> bits_of_run(const Variant& variant, const Case& shape, DataMode mode,
                                       std::uint64_t seed = 1);

/// One hash of several; their order counts.
std::uint64_t joined(std::span<const std::uint64_t> bits);

}  // namespace kernelgate
