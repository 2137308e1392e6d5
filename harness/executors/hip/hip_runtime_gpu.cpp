// GpuRuntime on AMD's runtime. Calls and errors: HIP Runtime API reference, modules device, memory,
// execution and event. The target's name comes from the kernel driver, because the function that
// returns it (hipGetDeviceProperties) changed its layout and name between releases.
#include <fmt/format.h>
#include <hip/hip_runtime_api.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "harness/core/error.hpp"
#include "harness/executors/gpu/open_gpu.hpp"

namespace kernelgate {
namespace {

void must(hipError_t code, const char* call) {
  if (code == hipSuccess) return;
  throw NativeFault(fmt::format("  device   {} answered {} ({}): {}\n", call, hipGetErrorName(code),
                                static_cast<int>(code), hipGetErrorString(code)));
}

class HipRuntime final : public GpuRuntime {
 public:
  explicit HipRuntime(std::string description) : description_(std::move(description)) {
    must(hipEventCreate(&start_), "hipEventCreate");
    must(hipEventCreate(&stop_), "hipEventCreate");
  }
  ~HipRuntime() override {
    (void)hipEventDestroy(start_);
    (void)hipEventDestroy(stop_);
  }
  std::string description() const override { return description_; }

  std::byte* allocate(std::int64_t bytes) override {
    void* memory = nullptr;
    const hipError_t code = hipMalloc(&memory, static_cast<std::size_t>(bytes));
    if (code == hipErrorOutOfMemory) {
      throw MissingResource(fmt::format("the device has no memory for {} bytes", bytes));
    }
    must(code, "hipMalloc");
    return static_cast<std::byte*>(memory);
  }
  void release(std::byte* memory) noexcept override { (void)hipFree(memory); }
  void to_device(std::byte* to, const std::byte* from, std::int64_t bytes) override {
    must(hipMemcpy(to, from, static_cast<std::size_t>(bytes), hipMemcpyHostToDevice),
         "hipMemcpy to the device");
  }
  void to_host(std::byte* to, const std::byte* from, std::int64_t bytes) override {
    must(hipMemcpy(to, from, static_cast<std::size_t>(bytes), hipMemcpyDeviceToHost),
         "hipMemcpy to the host");
  }
  void fill(std::byte* memory, unsigned char value, std::int64_t bytes) override {
    must(hipMemset(memory, value, static_cast<std::size_t>(bytes)), "hipMemset");
  }
  void launch(const void* function, const LaunchShape& shape, void** arguments) override {
    must(hipLaunchKernel(function, dim3(shape.grid[0], shape.grid[1], shape.grid[2]),
                         dim3(shape.threads), arguments,
                         static_cast<std::size_t>(shape.shared_bytes), nullptr),
         "hipLaunchKernel");
  }
  void allow_shared(const void*, std::int64_t) override {}  // AMD devices need no such call
  void wait() override { must(hipDeviceSynchronize(), "hipDeviceSynchronize"); }
  void mark_start() override { must(hipEventRecord(start_, nullptr), "hipEventRecord"); }
  double seconds_since_mark() override {
    must(hipEventRecord(stop_, nullptr), "hipEventRecord");
    must(hipEventSynchronize(stop_), "hipEventSynchronize");
    float milliseconds = 0;
    must(hipEventElapsedTime(&milliseconds, start_, stop_), "hipEventElapsedTime");
    return 1e-3 * static_cast<double>(milliseconds);
  }
  bool lost() noexcept override {
    (void)hipGetLastError();  // clears an error of one call only
    return hipDeviceSynchronize() != hipSuccess;
  }

 private:
  std::string description_;
  hipEvent_t start_ = nullptr, stop_ = nullptr;
};

// The target of the first node that is a GPU; processors have version 0.
std::optional<std::string> first_target() {
  namespace fs = std::filesystem;
  std::error_code none;
  std::optional<std::string> found;
  std::int64_t lowest = -1;
  for (const auto& node : fs::directory_iterator("/sys/class/kfd/kfd/topology/nodes", none)) {
    std::ifstream in(node.path() / "properties");
    std::string key;
    std::int64_t value = 0;
    while (in >> key >> value) {
      const std::int64_t number = std::atoll(node.path().filename().c_str());
      if (key != "gfx_target_version" || value == 0 || (found && number > lowest)) continue;
      found = amd_target(value);
      lowest = number;
    }
  }
  return found;
}

}  // namespace

std::unique_ptr<GpuDevice> open_hip() {
  int count = 0;
  const hipError_t code = hipGetDeviceCount(&count);
  if (code == hipErrorNoDevice || code == hipErrorInsufficientDriver ||
      (code == hipSuccess && count == 0)) {
    throw NoDevice(fmt::format("no HIP device here: hipGetDeviceCount answered {} ({})",
                               hipGetErrorName(code), static_cast<int>(code)));
  }
  must(code, "hipGetDeviceCount");
  must(hipSetDevice(0), "hipSetDevice");
  const std::optional<std::string> target = first_target();
  if (!target) {
    throw NoDevice(
        "the HIP device's target is unknown: no gfx_target_version below "
        "/sys/class/kfd/kfd/topology/nodes");
  }
  char device_name[256] = {};
  must(hipDeviceGetName(device_name, sizeof device_name, 0), "hipDeviceGetName");
  int driver = 0;
  must(hipRuntimeGetVersion(&driver), "hipRuntimeGetVersion");
  return std::make_unique<GpuDevice>(
      device_profile("amd-" + *target),
      std::make_unique<HipRuntime>(fmt::format("{} ({}), HIP {}", device_name, *target, driver)));
}

}  // namespace kernelgate
