// The native conv_mixing with instances supplied by the caller, for tests of seeded bugs.
#pragma once

#include <memory>
#include <vector>

#include "harness/native/plan.hpp"
#include "kernels/conv_mixing/conv_mixing.hpp"

namespace kernelgate {

/// The one launch of a case: tiles of rows of one sequence if there are enough rows to fill a tile
/// and the device has the shared memory, otherwise a few rows per block.
std::vector<NativeUse> conv_mixing_uses(const ConvMixingCase& c, const DeviceProfile& device);

std::unique_ptr<Launch> prepare_native_conv_mixing(const ConvMixingCase& c, TensorSet& tensors,
                                                   NativeDevice& device,
                                                   const NativeEntrySet& entries);

}  // namespace kernelgate
