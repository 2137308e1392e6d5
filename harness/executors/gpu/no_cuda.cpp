// Stub of open_cuda() that reports a build without CUDA.
#include "harness/core/error.hpp"
#include "harness/executors/gpu/open_gpu.hpp"

namespace kernelgate {

std::unique_ptr<GpuDevice> open_cuda() {
  throw NoDevice("this build has no backend cuda: configure with cmake --preset cuda (needs nvcc)");
}

}  // namespace kernelgate
