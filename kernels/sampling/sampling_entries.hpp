// Kernel instances of sampling: storage type, wave width, amount of shared memory.
#pragma once

#include "kernels/sampling/sampling_kernel.hpp"

#define SAMPLING_ENTRY(T, type, W, layout)                                      \
  K_ENTRY(K_NAME(sampling_name(type, W, layout)),                               \
          (sampling_kernel<T, W, layout.lds_bytes, layout.mass_bits>), W, 1024, \
          SamplingShared<layout>)
#define SAMPLING_ENTRIES(T, type, layout) \
  SAMPLING_ENTRY(T, type, 32, layout), SAMPLING_ENTRY(T, type, 64, layout)

K_ENTRIES(sampling, SAMPLING_ENTRIES(float, "f32", sampling_16k),
          SAMPLING_ENTRIES(Bf16, "bf16", sampling_16k), SAMPLING_ENTRIES(F16, "f16", sampling_16k),
          SAMPLING_ENTRIES(float, "f32", sampling_64k),
          SAMPLING_ENTRIES(Bf16, "bf16", sampling_64k), SAMPLING_ENTRIES(F16, "f16", sampling_64k))

// For seeded bugs (CMakeLists.txt), which need few instances.
K_ENTRIES(sampling_few, SAMPLING_ENTRIES(float, "f32", sampling_64k))
