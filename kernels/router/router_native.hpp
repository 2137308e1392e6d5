// Launch of the native kernels, for their plan and for tests of seeded bugs.
#pragma once

#include <memory>

#include "harness/native/entry_set.hpp"
#include "harness/native/plan.hpp"
#include "kernels/router/router.hpp"

namespace kernelgate {

/// Stages the tensors on the device. The entries must contain the instances that the plan picks
/// there.
std::unique_ptr<Launch> prepare_native_router(const RouterCase& c, TensorSet& tensors,
                                              NativeDevice& device, const NativeEntrySet& entries);

}  // namespace kernelgate
