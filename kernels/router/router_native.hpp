// The native kernels' launch, for their plan and for tests of mutants.
#pragma once

#include <memory>

#include "harness/native/entry_set.hpp"
#include "harness/native/plan.hpp"
#include "kernels/router/router.hpp"

namespace kernelgate {

/// Stages the tensors on the device. The entries must have the instances that the plan picks there.
std::unique_ptr<Launch> prepare_native_router(const RouterCase& c, TensorSet& tensors,
                                              NativeDevice& device, const NativeEntrySet& entries);

}  // namespace kernelgate
