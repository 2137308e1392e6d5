// The native conv_mixing with its instances in the caller's hands, for tests of broken ones.
#pragma once

#include <memory>
#include <vector>

#include "harness/native/plan.hpp"
#include "kernels/conv_mixing/conv_mixing.hpp"

namespace kernelgate {

/// One launch: tiles of rows of one sequence where there are rows to fill one and the device has
/// the shared memory, else a few rows a block.
std::vector<NativeUse> conv_mixing_uses(const ConvMixingCase& c, const DeviceProfile& device);

std::unique_ptr<Launch> prepare_native_conv_mixing(const ConvMixingCase& c, TensorSet& tensors,
                                                   NativeDevice& device,
                                                   const NativeEntrySet& entries);

}  // namespace kernelgate
