// A program of one GPU backend: the instances of a kernel with their code, and the vendor's
// runtime. It is also built on machines without a GPU, where it must print a message and return 0.
#include <fmt/format.h>

#include "harness/core/error.hpp"
#include "harness/executors/gpu/open_gpu.hpp"

namespace kernelgate {
NativeEntries KG_ENTRIES();  // of the backend that the build chose
}

int main() {
  using namespace kernelgate;
  const NativeEntries entries = KG_ENTRIES();
  std::int64_t with_code = 0;
  for (std::int64_t i = 0; i < entries.count; ++i) {
    if (entries.data[i].function != nullptr) ++with_code;
  }
  fmt::print("{} of {} instances have code\n", with_code, entries.count);
  if (with_code == 0) return 1;
  try {
    const std::unique_ptr<GpuDevice> device = KG_OPEN();
    fmt::print("device   {}\n", device->description());
  } catch (const NoDevice& reason) {
    fmt::print("no device   {}\n", reason.what());
  }
  return 0;
}
