// GpuRuntime on NVIDIA's runtime. Calls and errors: CUDA Runtime API reference, sections 6.1
// (device), 6.5 (events), 6.7 (execution) and 6.9 (memory).
#include <cuda_runtime.h>
#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/executors/gpu/open_gpu.hpp"

namespace kernelgate {
namespace {

void must(cudaError_t code, const char* call) {
  if (code == cudaSuccess) return;
  throw NativeFault(fmt::format("  device   {} answered {} ({}): {}\n", call,
                                cudaGetErrorName(code), static_cast<int>(code),
                                cudaGetErrorString(code)));
}

class CudaRuntime final : public GpuRuntime {
 public:
  explicit CudaRuntime(std::string description) : description_(std::move(description)) {
    must(cudaEventCreate(&start_), "cudaEventCreate");
    must(cudaEventCreate(&stop_), "cudaEventCreate");
  }
  ~CudaRuntime() override {
    cudaEventDestroy(start_);
    cudaEventDestroy(stop_);
  }
  std::string description() const override { return description_; }

  std::byte* allocate(std::int64_t bytes) override {
    void* memory = nullptr;
    const cudaError_t code = cudaMalloc(&memory, static_cast<std::size_t>(bytes));
    if (code == cudaErrorMemoryAllocation) {
      cudaGetLastError();  // clears the error
      throw MissingResource(fmt::format("the device has no memory for {} bytes", bytes));
    }
    must(code, "cudaMalloc");
    return static_cast<std::byte*>(memory);
  }
  void release(std::byte* memory) noexcept override { cudaFree(memory); }
  void to_device(std::byte* to, const std::byte* from, std::int64_t bytes) override {
    must(cudaMemcpy(to, from, static_cast<std::size_t>(bytes), cudaMemcpyHostToDevice),
         "cudaMemcpy to the device");
  }
  void to_host(std::byte* to, const std::byte* from, std::int64_t bytes) override {
    must(cudaMemcpy(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToHost),
         "cudaMemcpy to the host");
  }
  void fill(std::byte* memory, unsigned char value, std::int64_t bytes) override {
    must(cudaMemset(memory, value, static_cast<std::size_t>(bytes)), "cudaMemset");
  }
  void launch(const void* function, const LaunchShape& shape, void** arguments) override {
    must(cudaLaunchKernel(function, dim3(shape.grid[0], shape.grid[1], shape.grid[2]),
                          dim3(shape.threads), arguments,
                          static_cast<std::size_t>(shape.shared_bytes), nullptr),
         "cudaLaunchKernel");
  }
  void allow_shared(const void* function, std::int64_t bytes) override {
    must(cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize,
                              static_cast<int>(bytes)),
         "cudaFuncSetAttribute(MaxDynamicSharedMemorySize)");
  }
  void wait() override { must(cudaDeviceSynchronize(), "cudaDeviceSynchronize"); }
  void mark_start() override { must(cudaEventRecord(start_, nullptr), "cudaEventRecord"); }
  double seconds_since_mark() override {
    must(cudaEventRecord(stop_, nullptr), "cudaEventRecord");
    must(cudaEventSynchronize(stop_), "cudaEventSynchronize");
    float milliseconds = 0;
    must(cudaEventElapsedTime(&milliseconds, start_, stop_), "cudaEventElapsedTime");
    return 1e-3 * static_cast<double>(milliseconds);
  }
  bool lost() noexcept override {
    cudaGetLastError();  // clears an error of one call only
    return cudaDeviceSynchronize() != cudaSuccess;
  }

 private:
  std::string description_;
  cudaEvent_t start_ = nullptr, stop_ = nullptr;
};

}  // namespace

std::unique_ptr<GpuDevice> open_cuda() {
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  // Without a driver the runtime returns InsufficientDriver; with a driver but no device, NoDevice.
  if (code == cudaErrorInsufficientDriver || code == cudaErrorNoDevice ||
      (code == cudaSuccess && count == 0)) {
    throw NoDevice(fmt::format("no CUDA device here: cudaGetDeviceCount answered {} ({})",
                               cudaGetErrorName(code), static_cast<int>(code)));
  }
  must(code, "cudaGetDeviceCount");
  must(cudaSetDevice(0), "cudaSetDevice");
  cudaDeviceProp properties{};
  must(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  int driver = 0;
  must(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  const std::string profile = fmt::format("nv-sm{}{}", properties.major, properties.minor);
  return std::make_unique<GpuDevice>(
      device_profile(profile),
      std::make_unique<CudaRuntime>(fmt::format("{}, driver for CUDA {}.{}", properties.name,
                                                driver / 1000, driver % 1000 / 10)));
}

}  // namespace kernelgate
