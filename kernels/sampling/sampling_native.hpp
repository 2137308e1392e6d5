// The native kernel's launch, for its plan and for tests of mutants.
#pragma once

#include <memory>

#include "harness/native/entry_set.hpp"
#include "harness/native/plan.hpp"
#include "kernels/sampling/sampling.hpp"

namespace kernelgate {

/// Stages the tensors on the device. The entries must have the instance that the plan picks there.
std::unique_ptr<Launch> prepare_native_sampling(const SamplingCase& c, TensorSet& tensors,
                                                NativeDevice& device,
                                                const NativeEntrySet& entries);

}  // namespace kernelgate
