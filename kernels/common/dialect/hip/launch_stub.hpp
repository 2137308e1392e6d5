// Declares what clang's host pass needs for a kernel's launch stub without ROCm's headers: one
// function of the runtime, by name, with the layout of its arguments. The program is linked with
// libamdhip64, which defines it (HIP Runtime API reference, module "execution control").
#pragma once

#include <cstddef>
#include <cstdint>

struct dim3 {
  std::uint32_t x, y, z;
};

extern "C" int hipLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments,
                               std::size_t shared_bytes, struct ihipStream_t* stream);
