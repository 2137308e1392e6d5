// Judges an engine's outputs on a vector file by the rules of the verify module.
#pragma once

#include "harness/core/registry.hpp"
#include "harness/vectors/engine_outputs.hpp"
#include "harness/verify/check.hpp"

namespace kernelgate {

/// Judges one vector. For a kernel's vector, the case is regenerated and judged with its
/// properties. Throws BadInput if this build generates other inputs or expects other outputs than
/// the file contains: the file was altered, or another version made it. A model's vector is judged
/// by the file alone.
CheckResult check_vector(const Registry& registry, const VectorFile& file, const VectorHead& head,
                         const Variant& engine);

/// Adds the vector of one case of a kernel; returns a reason if the case has no such inputs or is
/// larger than `max_elements`.
std::optional<std::string> add_kernel_vector(VectorFile& file, const Case& shape, DataMode mode,
                                             std::uint64_t seed, std::int64_t max_elements);

}  // namespace kernelgate
