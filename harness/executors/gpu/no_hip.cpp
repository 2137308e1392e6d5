// Stub of open_hip() that reports a build without HIP.
#include "harness/core/error.hpp"
#include "harness/executors/gpu/open_gpu.hpp"

namespace kernelgate {

std::unique_ptr<GpuDevice> open_hip() {
  throw NoDevice(
      "this build has no backend hip: configure with cmake --preset hip (needs clang++-22 and HIP "
      "headers)");
}

}  // namespace kernelgate
