// Opens the first GPU of this machine, by backend. Each function has two implementations, and the
// build selects one: open_cuda() from executors/cuda or gpu/no_cuda.cpp, open_hip() likewise.
#pragma once

#include <memory>

#include "harness/executors/gpu/gpu_device.hpp"

namespace kernelgate {

/// Throw BadInput with a message: no such backend in this build, no device, or a device without a
/// profile.
std::unique_ptr<GpuDevice> open_cuda();
std::unique_ptr<GpuDevice> open_hip();

/// "gfx90a" of the kernel driver's gfx_target_version, 90010: major x 10000 + minor x 100 +
/// stepping, the last two as hexadecimal digits (Linux:
/// /sys/class/kfd/kfd/topology/nodes/*/properties).
std::string amd_target(std::int64_t gfx_target_version);

}  // namespace kernelgate
