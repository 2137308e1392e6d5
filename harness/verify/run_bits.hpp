// Hashes the outputs of a run, for determinism claims and comparisons of thread counts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/kernel.hpp"

namespace kernelgate {

/// A hash of the contents of each tensor, in the set's order.
std::vector<std::uint64_t> bits_of(const TensorSet& tensors);

/// The same after one run on inputs of that seed, with poisoned outputs, on that device or this
/// host.
std::vector<std::uint64_t> bits_of_run(const VariantOnDevice& runs, const Case& shape,
                                       DataMode mode, std::uint64_t seed = 1);

/// One hash of several, order-sensitive.
std::uint64_t joined(std::span<const std::uint64_t> bits);

}  // namespace kernelgate
