// Judges an engine's answers: the verify room's own rules on what a vector file holds.
#pragma once

#include "harness/core/registry.hpp"
#include "harness/vectors/engine_outputs.hpp"
#include "harness/verify/check.hpp"

namespace kernelgate {

/// One vector of a kernel: the case is made again and judged with its properties. Throws BadInput
/// when this build makes other inputs or expects other outputs than the file holds: it was altered,
/// or made by another version. One of a model: judged by the file alone.
CheckResult check_vector(const Registry& registry, const VectorFile& file, const VectorHead& head,
                         const Variant& engine);

/// The vector of one case of a kernel; nothing, with a reason, where it has no such inputs or is
/// larger than `most_elements`.
std::optional<std::string> add_kernel_vector(VectorFile& file, const Case& shape, DataMode mode,
                                             std::uint64_t seed, std::int64_t most_elements);

}  // namespace kernelgate
