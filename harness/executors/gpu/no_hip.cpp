// A build without HIP says so.
#include "harness/core/error.hpp"
#include "harness/executors/gpu/open_gpu.hpp"

namespace kernelgate {

std::unique_ptr<GpuDevice> open_hip() {
  throw BadInput(
      "this build has no backend hip: configure with cmake --preset hip (needs clang++-22 and HIP "
      "headers)");
}

}  // namespace kernelgate
