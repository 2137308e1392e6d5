// Launch of the native sampling kernel, for its plan and for tests with seeded bugs.
#pragma once

#include <memory>

#include "harness/native/entry_set.hpp"
#include "harness/native/plan.hpp"
#include "kernels/sampling/sampling.hpp"

namespace kernelgate {

/// Stages the tensors on the device. The entries must contain the instance that the plan picks
/// there.
std::unique_ptr<Launch> prepare_native_sampling(const SamplingCase& c, TensorSet& tensors,
                                                NativeDevice& device,
                                                const NativeEntrySet& entries);

}  // namespace kernelgate
